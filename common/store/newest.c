/* newest.c - see newest.h.
 *
 *   list -> XREVRANGE of every shard -> all replies have come -> sort, cut
 */
#include "common/store/newest.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/store.h"

#define NO_ITEM SIZE_MAX

struct entry {
    struct wsub_place place;
    size_t item; /* its number; NO_ITEM: it could not be read */
};

struct listing {
    const struct wsub_newest_kind *kind; /* borrowed; constant */
    struct wsub_countdown all;
    enum wsub_err err;
    struct entry *entries; /* owned */
    size_t count;          /* of them, so far */
    char *items;           /* owned */
    size_t item_count;
    size_t limit;
    wsub_newest_cb *cb;
    void *arg; /* borrowed; given to cb */
};

/* The reply of a shard does not tell the shard. */
struct shard_read {
    struct listing *listing;
    unsigned shard;
};

static void *item_at(const struct listing *listing, size_t number)
{
    return listing->items + number * listing->kind->item_bytes;
}

static int compare(const void *a, const void *b)
{
    return wsub_place_newest_first(a, b);
}

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->item_count && listing->kind->done != NULL;
         i++)
        listing->kind->done(item_at(listing, i));
    free(listing->items);
    free(listing->entries);
    free(listing);
}

/* Gives the items of the first entries, in their order. */
static void give(const struct listing *listing)
{
    size_t bytes = listing->kind->item_bytes, given = 0;
    bool more = listing->count > listing->limit;
    size_t count = more ? listing->limit : listing->count;
    char *page = wsub_calloc(count + 1, bytes);

    for (size_t i = 0; i < count; i++)
        if (listing->entries[i].item != NO_ITEM)
            memcpy(page + given++ * bytes,
                   item_at(listing, listing->entries[i].item), bytes);
    listing->cb(WSUB_OK, page, given,
                more ? &listing->entries[count - 1].place : NULL, listing->arg);
    free(page);
}

static void on_listed(void *arg)
{
    struct listing *listing = arg;

    if (listing->count > 1)
        qsort(listing->entries, listing->count, sizeof(*listing->entries),
              compare);
    if (listing->err == WSUB_OK)
        give(listing);
    else
        listing->cb(listing->err, NULL, 0, NULL, listing->arg);
    listing_free(listing);
}

static void take_entry(struct listing *listing, unsigned shard,
                       const struct redisReply *reply)
{
    struct entry *entry = &listing->entries[listing->count++];
    void *item = item_at(listing, listing->item_count);

    entry->place = wsub_place_of(shard, reply->element[0]->str);
    memset(item, 0, listing->kind->item_bytes);
    memcpy(item, &entry->place, sizeof(entry->place));
    entry->item = listing->kind->read(reply->element[1], item)
                      ? listing->item_count++
                      : NO_ITEM;
}

static void take_entries(struct listing *listing, unsigned shard,
                         const struct redisReply *entries)
{
    size_t room = listing->count + entries->elements + 1;

    listing->entries =
        wsub_realloc(listing->entries, room * sizeof(*listing->entries));
    listing->items =
        wsub_realloc(listing->items, room * listing->kind->item_bytes);
    for (size_t i = 0; i < entries->elements; i++)
        take_entry(listing, shard, entries->element[i]);
}

static void parse_entries(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct shard_read *read = arg;
    struct listing *listing = read->listing;

    (void)cb;
    if (err == WSUB_OK)
        take_entries(listing, read->shard, reply);
    else
        listing->err = err;
    free(read);
    wsub_countdown_off(&listing->all);
}

/* `bound` is the newest id that may be read, as XREVRANGE takes it. */
static void read_stream(struct wsub_store *store, unsigned shard,
                        const char *stream, const char *bound, size_t limit,
                        wsub_store_parse *parse, wsub_store_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XREVRANGE");
    wsub_store_key(&cmd, store, shard, stream, NULL);
    wsub_cmd_str(&cmd, bound);
    wsub_cmd_str(&cmd, "-");
    wsub_cmd_str(&cmd, "COUNT");
    wsub_cmd_u64(&cmd, limit);
    wsub_store_once(store, shard, &cmd, parse, cb, arg);
}

/* NULL: there is none. */
static void print_bound(const struct wsub_place *place, bool exclusive,
                        char bound[WSUB_PLACE_BYTES])
{
    if (place == NULL)
        snprintf(bound, WSUB_PLACE_BYTES, "+");
    else if (exclusive)
        wsub_place_behind(place, bound);
    else
        wsub_place_id(place, bound);
}

void wsub_newest_read(struct wsub_store *store, unsigned shard,
                      const char *stream, const struct wsub_place *before,
                      size_t limit, wsub_store_parse *parse, wsub_store_cb *cb,
                      void *arg)
{
    char bound[WSUB_PLACE_BYTES];

    print_bound(before, true, bound);
    read_stream(store, shard, stream, bound, limit, parse, cb, arg);
}

static void read_shard(struct wsub_store *store, unsigned shard,
                       const struct wsub_place *after, struct listing *listing)
{
    struct shard_read *read = wsub_calloc(1, sizeof(*read));
    char bound[WSUB_PLACE_BYTES];

    *read = (struct shard_read){.listing = listing, .shard = shard};
    print_bound(after, after != NULL && shard >= after->shard, bound);
    wsub_countdown_add(&listing->all);
    /* One more than the page holds tells whether there are more. */
    read_stream(store, shard, listing->kind->stream, bound, listing->limit + 1,
                parse_entries, NULL, read);
}

void wsub_newest_list(struct wsub_store *store,
                      const struct wsub_newest_kind *kind,
                      const struct wsub_place *after, size_t limit,
                      wsub_newest_cb *cb, void *arg)
{
    struct listing *listing = wsub_calloc(1, sizeof(*listing));

    listing->kind = kind;
    listing->limit = limit;
    listing->cb = cb;
    listing->arg = arg;
    wsub_countdown_start(&listing->all, on_listed, listing);
    for (unsigned i = 0; i < wsub_store_shards(store); i++)
        read_shard(store, i, after, listing);
    wsub_countdown_off(&listing->all);
}
