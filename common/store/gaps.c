#include "common/store/gaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/keys.h"
#include "common/store/stream_reader.h"

static bool read_gap(const struct redisReply *fields, void *item)
{
    struct wsub_gap *gap = item;
    const char *td = wsub_stream_field(fields, "td", NULL);
    const char *cd = wsub_stream_field(fields, "cd", NULL);
    const char *from = wsub_stream_field(fields, "from", NULL);
    const char *to = wsub_stream_field(fields, "to", NULL);
    const char *n = wsub_stream_field(fields, "n", NULL);

    if (td == NULL || cd == NULL || from == NULL || to == NULL || n == NULL)
        return false;
    gap->key.shard = gap->place.shard;
    snprintf(gap->key.td, sizeof(gap->key.td), "%s", td);
    snprintf(gap->key.cd, sizeof(gap->key.cd), "%s", cd);
    gap->count = strtoull(n, NULL, 10);
    gap->has_from = strcmp(from, "-") != 0;
    gap->from = wsub_place_of(gap->place.shard, from);
    gap->has_to = strcmp(to, "-") != 0;
    gap->to = wsub_place_of(gap->place.shard, to);
    return true;
}

void wsub_gaps_list(struct wsub_store *store, const struct wsub_place *after,
                    size_t limit, wsub_newest_cb *cb, void *arg)
{
    static const struct wsub_newest_kind gaps = {
        .stream = WSUB_KEY_GAPS,
        .item_bytes = sizeof(struct wsub_gap),
        .read = read_gap,
    };

    wsub_newest_list(store, &gaps, after, limit, cb, arg);
}
