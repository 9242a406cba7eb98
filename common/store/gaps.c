/* gaps.c - see gaps.h.
 *
 *   list -> XREVRANGE of every shard -> all replies have come -> sort, cut
 */
#include "common/store/gaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"

struct listing {
    struct wsub_countdown all;
    enum wsub_err err;
    struct wsub_gap *list; /* owned */
    size_t count;          /* so far */
    size_t limit;
    wsub_gaps_cb *cb;
    void *arg; /* borrowed; given to cb */
};

/* The reply of a shard does not tell the shard. */
struct shard_read {
    struct listing *listing;
    unsigned shard;
};

static int compare(const void *a, const void *b)
{
    return wsub_place_newest_first(&((const struct wsub_gap *)a)->place,
                                   &((const struct wsub_gap *)b)->place);
}

static void on_listed(void *arg)
{
    struct listing *listing = arg;
    size_t count = listing->count;

    if (listing->err != WSUB_OK) {
        listing->cb(listing->err, NULL, 0, listing->arg);
    } else {
        if (count > 1)
            qsort(listing->list, count, sizeof(listing->list[0]), compare);
        listing->cb(WSUB_OK, listing->list,
                    count < listing->limit ? count : listing->limit,
                    listing->arg);
    }
    free(listing->list);
    free(listing);
}

/* False when the entry lacks a field. */
static bool read_gap(unsigned shard, const struct redisReply *entry,
                     struct wsub_gap *ret_gap)
{
    const struct redisReply *fields = entry->element[1];
    const char *td = wsub_stream_field(fields, "td", NULL);
    const char *cd = wsub_stream_field(fields, "cd", NULL);
    const char *from = wsub_stream_field(fields, "from", NULL);
    const char *to = wsub_stream_field(fields, "to", NULL);
    const char *n = wsub_stream_field(fields, "n", NULL);
    struct wsub_gap gap = {.key.shard = shard};

    if (td == NULL || cd == NULL || from == NULL || to == NULL || n == NULL)
        return false;
    snprintf(gap.key.td, sizeof(gap.key.td), "%s", td);
    snprintf(gap.key.cd, sizeof(gap.key.cd), "%s", cd);
    gap.place = wsub_place_of(shard, entry->element[0]->str);
    gap.count = strtoull(n, NULL, 10);
    gap.has_from = strcmp(from, "-") != 0;
    gap.from = wsub_place_of(shard, from);
    gap.has_to = strcmp(to, "-") != 0;
    gap.to = wsub_place_of(shard, to);
    *ret_gap = gap;
    return true;
}

static void take_gaps(struct listing *listing, unsigned shard,
                      const struct redisReply *entries)
{
    listing->list =
        wsub_realloc(listing->list, (listing->count + entries->elements + 1) *
                                        sizeof(listing->list[0]));
    for (size_t i = 0; i < entries->elements; i++)
        if (read_gap(shard, entries->element[i],
                     &listing->list[listing->count]))
            listing->count++;
}

static void parse_gaps(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct shard_read *read = arg;
    struct listing *listing = read->listing;

    (void)cb;
    if (err == WSUB_OK)
        take_gaps(listing, read->shard, reply);
    else
        listing->err = err;
    free(read);
    wsub_countdown_off(&listing->all);
}

/* Adds the newest id that the list may hold of a shard. */
static void add_bound(struct wsub_cmd *cmd, const struct wsub_place *after,
                      unsigned shard)
{
    char id[WSUB_PLACE_BYTES], bound[WSUB_PLACE_BYTES + 1];

    if (after == NULL) {
        wsub_cmd_str(cmd, "+");
        return;
    }
    wsub_place_id(after, id);
    snprintf(bound, sizeof(bound), "%s%s", shard < after->shard ? "" : "(", id);
    wsub_cmd_str(cmd, bound);
}

static void read_shard(struct wsub_store *store, unsigned shard,
                       const struct wsub_place *after, struct listing *listing)
{
    struct shard_read *read = wsub_calloc(1, sizeof(*read));
    struct wsub_cmd cmd;

    *read = (struct shard_read){.listing = listing, .shard = shard};
    wsub_cmd_init(&cmd, "XREVRANGE");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_GAPS, NULL);
    add_bound(&cmd, after, shard);
    wsub_cmd_str(&cmd, "-");
    wsub_cmd_str(&cmd, "COUNT");
    wsub_cmd_u64(&cmd, listing->limit);
    wsub_countdown_add(&listing->all);
    wsub_store_once(store, shard, &cmd, parse_gaps, NULL, read);
}

void wsub_gaps_list(struct wsub_store *store, const struct wsub_place *after,
                    size_t limit, wsub_gaps_cb *cb, void *arg)
{
    struct listing *listing = wsub_calloc(1, sizeof(*listing));

    listing->limit = limit;
    listing->cb = cb;
    listing->arg = arg;
    wsub_countdown_start(&listing->all, on_listed, listing);
    for (unsigned i = 0; i < wsub_store_shards(store); i++)
        read_shard(store, i, after, listing);
    wsub_countdown_off(&listing->all);
}
