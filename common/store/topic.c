#include "common/store/topic.h"

#include <string.h>

#include "common/store/store.h"

#define LABEL_END ".*"

static bool is_label_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Cuts what only says "and all below": a trailing "." or ".*". */
static size_t cut_below(const char *text, size_t len)
{
    size_t end = sizeof(LABEL_END) - 1;

    if (len > end && memcmp(text + len - end, LABEL_END, end) == 0)
        return len - end;
    if (len > 1 && text[len - 1] == '.')
        return len - 1;
    return len;
}

/* Whether it is meant to be for more topics than one. */
static bool is_below(const char *text, size_t len)
{
    return strchr(text, '*') != NULL || cut_below(text, len) < len;
}

static const char *label_fault(const char *text, size_t len)
{
    size_t label = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && text[i] != '.') {
            if (text[i] == '*')
                return "has a * that is not the whole last label";
            if (!is_label_byte(text[i]))
                return "is neither an absolute http or https URL nor a "
                       "dotted topic";
            label++;
        } else if (label == 0) {
            return "has an empty label";
        } else {
            label = 0;
        }
    }
    return NULL;
}

static const char *parse_dotted(const char *text, enum wsub_topic_use use,
                                struct wsub_buf *normalized)
{
    size_t len = strlen(text);
    const char *fault;

    if (use == WSUB_TOPIC_ANNOUNCE)
        return "is not a URL; dotted topics are published by content push";
    if (len > WSUB_URL_MAX_BYTES)
        return wsub_url_fault_text(WSUB_URL_TOO_LONG);
    if (use == WSUB_TOPIC_SUBSCRIBE && strcmp(text, WSUB_TOPIC_ALL) == 0) {
        if (normalized != NULL)
            wsub_buf_str(normalized, WSUB_TOPIC_ALL);
        return NULL;
    }
    if (use == WSUB_TOPIC_PUSH && is_below(text, len))
        return "stands for many topics, but a push needs a whole topic, such "
               "as orders.created";
    if (use == WSUB_TOPIC_SUBSCRIBE)
        len = cut_below(text, len);
    fault = label_fault(text, len);
    if (fault == NULL && normalized != NULL)
        for (size_t i = 0; i < len; i++)
            wsub_buf_char(normalized, lower(text[i]));
    return fault;
}

const char *wsub_topic_parse(const char *text, enum wsub_topic_use use,
                             struct wsub_buf *normalized,
                             struct wsub_url *ret_url)
{
    enum wsub_url_fault fault;

    if (text[0] == '\0')
        return wsub_url_fault_text(WSUB_URL_EMPTY);
    if (strpbrk(text, ":/") == NULL) {
        *ret_url = (struct wsub_url){0};
        return parse_dotted(text, use, normalized);
    }
    fault = wsub_url_parse(text, normalized, ret_url);
    return fault == WSUB_URL_FINE ? NULL : wsub_url_fault_text(fault);
}

bool wsub_topic_is_dotted(const char *topic)
{
    return strchr(topic, ':') == NULL;
}

/* All levels that an event matches are in one shard: that of the first label. */
static size_t placing_bytes(const char *topic)
{
    return wsub_topic_is_dotted(topic) ? strcspn(topic, ".") : strlen(topic);
}

unsigned wsub_topic_shard_of(const char *topic, unsigned shards)
{
    char digest[WSUB_DIGEST_LEN + 1];

    wsub_digest(topic, placing_bytes(topic), digest);
    return wsub_digest_bucket(digest, shards);
}

unsigned wsub_topic_shard(const struct wsub_store *store, const char *topic)
{
    return wsub_topic_shard_of(topic, wsub_store_shards(store));
}

struct wsub_topic_ref wsub_topic_ref(const struct wsub_store *store,
                                     const char *topic)
{
    struct wsub_topic_ref ref;
    size_t len = strlen(topic);

    wsub_digest(topic, len, ref.digest);
    ref.shard = placing_bytes(topic) == len
                    ? wsub_store_shard_of(store, ref.digest)
                    : wsub_topic_shard(store, topic);
    return ref;
}

bool wsub_topic_is_reserved(const char *topic)
{
    return strcmp(topic, WSUB_TOPIC_ALERTS) == 0;
}

static bool has_levels(const char *topic)
{
    return wsub_topic_is_dotted(topic) && !wsub_topic_is_reserved(topic);
}

int wsub_topic_levels(const char *topic)
{
    int levels = 1;

    if (!has_levels(topic))
        return 1;
    for (; *topic != '\0'; topic++)
        levels += *topic == '.';
    return levels;
}

void wsub_topic_level(const char *topic, int level,
                      char ret_digest[WSUB_DIGEST_LEN + 1])
{
    size_t len = strlen(topic);

    if (level == WSUB_LEVEL_ALL) {
        wsub_digest(WSUB_TOPIC_ALL, strlen(WSUB_TOPIC_ALL), ret_digest);
        return;
    }
    for (; level > 0; level--)
        while (len > 0 && topic[--len] != '.')
            ;
    wsub_digest(topic, len, ret_digest);
}

bool wsub_topic_next_level(const char *topic, int *level)
{
    if (!has_levels(topic) || *level == WSUB_LEVEL_ALL)
        return false;
    *level =
        *level + 1 < wsub_topic_levels(topic) ? *level + 1 : WSUB_LEVEL_ALL;
    return true;
}
