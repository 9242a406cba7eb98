#include "deliver/lane_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "common/http/url.h"
#include "common/store/keys.h"
#include "common/store/topic.h"

void deliver_target_write(const char *cd, int level, bool is_replay,
                          char ret_text[DELIVER_TARGET_MAX])
{
    const char *end = is_replay ? "!" : "";

    if (level == 0)
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s%s", cd, end);
    else if (level == WSUB_LEVEL_ALL)
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s:*%s", cd, end);
    else
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s:%d%s", cd, level, end);
}

/* Reads what stands behind the colon of a target, digits or `*`; returns where
 * it ends, NULL when it is no level. */
static const char *take_level(const char *c, int *ret_level)
{
    int level = 0;

    if (*c == '*') {
        *ret_level = WSUB_LEVEL_ALL;
        return c + 1;
    }
    if (*c < '0' || *c > '9')
        return NULL;
    for (; *c >= '0' && *c <= '9'; c++) {
        level = 10 * level + (*c - '0');
        if (level >= WSUB_URL_MAX_BYTES)
            return NULL;
    }
    *ret_level = level;
    return c;
}

/* The reverse of deliver_target_write(), up to the next space; returns where
 * that is, NULL when the target is malformed. */
static const char *take_target(struct deliver_lane_entry *entry, const char *c)
{
    size_t len = strcspn(c, ":! ");
    int level = 0;
    bool is_replay;

    if (len != WSUB_DIGEST_LEN || entry->target_count == DELIVER_BUNDLE_MAX)
        return NULL;
    entry->targets[entry->target_count].cd = c;
    c += len;
    if (*c == ':')
        c = take_level(c + 1, &level);
    is_replay = c != NULL && *c == '!';
    if (is_replay)
        c++;
    entry->targets[entry->target_count].is_replay = is_replay;
    entry->targets[entry->target_count++].level = level;
    return c != NULL && (*c == ' ' || *c == '\0') ? c : NULL;
}

static bool take_targets(struct deliver_lane_entry *entry, const char *c)
{
    while ((c = take_target(entry, c)) != NULL)
        if (*c++ == '\0')
            return true;
    return false;
}

static bool is_event_id(const char *text)
{
    static const char digits[] = "0123456789";
    size_t ms = strspn(text, digits);
    size_t seq = text[ms] == '-' ? strspn(text + ms + 1, digits) : 0;

    return ms > 0 && seq > 0 && ms + 1 + seq < WSUB_ENTRY_ID_BYTES &&
           text[ms + 1 + seq] == '\0';
}

/* The names of fields have one letter. */
static void take_field(struct deliver_lane_entry *entry, char name,
                       const char *value, const char **ret_targets)
{
    switch (name) {
    case 'h':
        entry->held = (uint32_t)strtoull(value, NULL, 10);
        break;
    case 'e':
        entry->event = value;
        break;
    case 'c':
        *ret_targets = value;
        break;
    case 'f':
        entry->is_cursor = true;
        entry->cursor_td = value;
        break;
    case 'u':
        entry->number = strtoull(value, NULL, 10);
        break;
    case 'n':
        entry->failures = (uint32_t)strtoull(value, NULL, 10);
        entry->retried = true;
        break;
    case 'k':
        entry->crashes = (uint32_t)strtoull(value, NULL, 10);
        break;
    case 'x':
        entry->handed_over = true;
        break;
    }
}

bool deliver_lane_entry_parse(const struct redisReply *fields,
                              struct deliver_lane_entry *ret_entry)
{
    const char *targets = NULL;

    *ret_entry = (struct deliver_lane_entry){0};
    if (fields->type != REDIS_REPLY_ARRAY)
        return false;
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const struct redisReply *name = fields->element[i];

        if (name->len == 1 && name->str[0] == 'v')
            return false; /* none has one so far */
        if (name->len == 1)
            take_field(ret_entry, name->str[0], fields->element[i + 1]->str,
                       &targets);
    }
    if (targets == NULL || !take_targets(ret_entry, targets))
        return false;
    if (ret_entry->is_cursor)
        return ret_entry->target_count == 1 &&
               strlen(ret_entry->cursor_td) == WSUB_DIGEST_LEN;
    return ret_entry->event != NULL && is_event_id(ret_entry->event);
}

const char *deliver_lane_name(enum deliver_lane lane)
{
    return lane == DELIVER_LANE_BULK ? WSUB_KEY_BULK : WSUB_KEY_OUTBOX;
}
