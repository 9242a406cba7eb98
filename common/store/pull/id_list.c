/* id_list.c - see id_list.h.
 *
 *   list -> ZRANGEBYLEX of every shard -> all replies have come -> sort, cut
 *
 * Each shard is asked for one more than a page has: whether there are more is
 * known then. */
#include "common/store/pull/id_list.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

struct listing {
    struct wsub_countdown all;
    enum wsub_err err;
    char **ids; /* owned, and each */
    size_t count, limit;
    wsub_pull_list_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->ids[i]);
    free(listing->ids);
    free(listing);
}

static void on_listed(void *arg)
{
    struct listing *listing = arg;
    bool more = listing->count > listing->limit;

    if (listing->err != WSUB_OK) {
        listing->cb(listing->err, NULL, 0, false, listing->arg);
    } else {
        if (listing->count > 1)
            qsort(listing->ids, listing->count, sizeof(*listing->ids), compare);
        listing->cb(WSUB_OK, (const char *const *)listing->ids,
                    more ? listing->limit : listing->count, more, listing->arg);
    }
    listing_free(listing);
}

static void take_ids(struct listing *listing, const struct redisReply *reply)
{
    listing->ids =
        wsub_realloc(listing->ids, (listing->count + reply->elements + 1) *
                                       sizeof(*listing->ids));
    for (size_t i = 0; i < reply->elements; i++)
        listing->ids[listing->count++] = wsub_strdup(reply->element[i]->str);
}

static void parse_ids(enum wsub_err err, const struct redisReply *reply,
                      wsub_store_cb *cb, void *arg)
{
    struct listing *listing = arg;

    (void)cb;
    if (err == WSUB_OK)
        take_ids(listing, reply);
    else
        listing->err = err;
    wsub_countdown_off(&listing->all);
}

static void read_shard(struct wsub_store *store, unsigned shard,
                       const char *bound, struct listing *listing)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "ZRANGEBYLEX");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_PULLS, NULL);
    wsub_cmd_str(&cmd, bound);
    wsub_cmd_str(&cmd, "+");
    wsub_cmd_str(&cmd, "LIMIT");
    wsub_cmd_u64(&cmd, 0);
    wsub_cmd_u64(&cmd, listing->limit + 1);
    wsub_countdown_add(&listing->all);
    wsub_store_once(store, shard, &cmd, parse_ids, NULL, listing);
}

void wsub_pull_id_list(struct wsub_store *store, const char *after,
                       size_t limit, wsub_pull_list_cb *cb, void *arg)
{
    struct listing *listing = wsub_calloc(1, sizeof(*listing));
    struct wsub_buf bound = {0};

    listing->limit = limit;
    listing->cb = cb;
    listing->arg = arg;
    wsub_buf_printf(&bound, "(%s", after);
    wsub_countdown_start(&listing->all, on_listed, listing);
    for (unsigned i = 0; i < wsub_store_shards(store); i++)
        read_shard(store, i, *after == '\0' ? "-" : wsub_buf_cstr(&bound),
                   listing);
    wsub_countdown_off(&listing->all);
    wsub_buf_done(&bound);
}
