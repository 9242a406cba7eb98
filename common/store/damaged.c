#include "common/store/damaged.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/stream_reader.h"

static void damaged_done(void *item)
{
    struct wsub_damaged *damaged = item;

    free(damaged->key);
    free(damaged->why);
    free(damaged->part);
    free(damaged->value);
}

static bool read_damaged(const struct redisReply *fields, void *item)
{
    struct wsub_damaged *damaged = item;
    const char *key = wsub_stream_field(fields, "key", NULL);
    const char *why = wsub_stream_field(fields, "why", NULL);
    const char *part = wsub_stream_field(fields, "part", NULL);
    const char *value = wsub_stream_field(fields, "value", NULL);

    if (key == NULL || why == NULL || part == NULL || value == NULL)
        return false;
    damaged->key = wsub_strdup(key);
    damaged->why = wsub_strdup(why);
    damaged->part = wsub_strdup(part);
    damaged->value = wsub_strdup(value);
    return true;
}

void wsub_damaged_list(struct wsub_store *store, const struct wsub_place *after,
                       size_t limit, wsub_newest_cb *cb, void *arg)
{
    static const struct wsub_newest_kind kind = {
        .stream = WSUB_KEY_DAMAGED,
        .item_bytes = sizeof(struct wsub_damaged),
        .read = read_damaged,
        .done = damaged_done,
    };

    wsub_newest_list(store, &kind, after, limit, cb, arg);
}
