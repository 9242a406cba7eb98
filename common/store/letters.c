#include "common/store/letters.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"

static const char *const act_names[] = {[WSUB_LETTERS_LIST] = "list",
                                        [WSUB_LETTERS_COUNT] = "count",
                                        [WSUB_LETTERS_REPLAY] = "replay",
                                        [WSUB_LETTERS_PURGE] = "purge"};

static const char *const choice_names[] = {[WSUB_LETTERS_ALL] = "all",
                                           [WSUB_LETTERS_OF_ID] = "id",
                                           [WSUB_LETTERS_OF_TOPIC] = "topic",
                                           [WSUB_LETTERS_OF_CALLBACK] =
                                               "callback"};

/* The reply: id to go on with or "", letters that matched, letters. */
enum { NEXT, MATCHED, LIST };

/* A page on its way: the reply does not tell the shard. */
struct reading {
    unsigned shard;
    wsub_letters_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static void read_letter(unsigned shard, const struct redisReply *entry,
                        struct wsub_letter *ret_letter)
{
    const struct redisReply *fields = entry->element[1];
    const char *event = wsub_stream_field(fields, "e", NULL);
    const char *attempts = wsub_stream_field(fields, "n", NULL);

    ret_letter->place = wsub_place_of(shard, entry->element[0]->str);
    ret_letter->event = wsub_place_of(shard, event != NULL ? event : "");
    ret_letter->topic = wsub_stream_field(fields, "t", NULL);
    ret_letter->callback = wsub_stream_field(fields, "cb", NULL);
    ret_letter->why = wsub_stream_field(fields, "why", NULL);
    if (attempts != NULL)
        ret_letter->attempts = strtoull(attempts, NULL, 10);
    ret_letter->from = wsub_stream_field(fields, "u", NULL);
    if (ret_letter->from == NULL)
        return;
    ret_letter->fields = fields;
    ret_letter->topic = wsub_stream_field(fields, ".t", NULL);
}

bool wsub_letter_field(const struct wsub_letter *letter, size_t *at,
                       const char **ret_name, const char **ret_value,
                       size_t *ret_len)
{
    const struct redisReply *fields = letter->fields;

    for (; fields != NULL && *at + 1 < fields->elements; *at += 2) {
        const struct redisReply *value = fields->element[*at + 1];

        if (fields->element[*at]->str[0] != '.')
            continue;
        *ret_name = fields->element[*at]->str + 1;
        *ret_value = value->str;
        *ret_len = value->len;
        *at += 2;
        return true;
    }
    return false;
}

static void give_letters(const struct reading *reading,
                         const struct redisReply *reply)
{
    const struct redisReply *list = reply->element[LIST];
    const char *next = reply->element[NEXT]->str;
    struct wsub_letter *found = NULL;
    struct wsub_letters letters = {
        .matched = (uint64_t)reply->element[MATCHED]->integer,
        .more = next[0] != '\0',
        .next = wsub_place_of(reading->shard, next),
        .found_count = list->elements,
    };

    if (list->elements > 0)
        letters.found = found = wsub_calloc(list->elements, sizeof(*found));
    for (size_t i = 0; i < list->elements; i++)
        read_letter(reading->shard, list->element[i], &found[i]);
    reading->cb(WSUB_OK, &letters, reading->arg);
    free(found);
}

static void parse_letters(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct reading *reading = arg;

    (void)cb;
    if (err == WSUB_OK)
        give_letters(reading, reply);
    else
        reading->cb(err, NULL, reading->arg);
    free(reading);
}

void wsub_letters(struct wsub_store *store,
                  const struct wsub_letters_page *page, wsub_letters_cb *cb,
                  void *arg)
{
    struct reading *reading = wsub_calloc(1, sizeof(*reading));
    char from[WSUB_PLACE_BYTES];
    struct wsub_cmd cmd;

    *reading =
        (struct reading){.shard = page->from.shard, .cb = cb, .arg = arg};
    wsub_place_id(&page->from, from);
    wsub_store_script(&cmd, store, page->from.shard, WSUB_SCRIPT_LETTERS);
    wsub_cmd_str(&cmd, act_names[page->act]);
    wsub_cmd_str(&cmd, choice_names[page->choice]);
    wsub_cmd_str(&cmd, page->value);
    wsub_cmd_str(&cmd, from);
    wsub_cmd_u64(&cmd, page->limit);
    wsub_store_once(store, page->from.shard, &cmd, parse_letters, NULL,
                    reading);
}
