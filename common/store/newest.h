/* newest.h - the newest entries of a stream that every shard has, or of one. */
#ifndef WSUB_STORE_NEWEST_H
#define WSUB_STORE_NEWEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/store/place.h"
#include "common/store/store.h"

struct redisReply;

/* What is listed.  An item begins with its struct wsub_place. */
struct wsub_newest_kind {
    const char *stream;
    size_t item_bytes;
    /* Reads the fields of an entry (see stream_reader.h) into a zeroed item,
     * whose place is known; false when it lacks one: the entry has its place in a
     * page, but is left out. */
    bool (*read)(const struct redisReply *fields, void *item);
    void (*done)(void *item); /* frees what read() made; NULL: nothing */
};

/* `items` is valid during the call; NULL unless `err` is WSUB_OK.  `next`, the place
 * to go on behind, likewise; NULL when there is no more. */
typedef void wsub_newest_cb(enum wsub_err err, const void *items, size_t count,
                            const struct wsub_place *next, void *arg);

/* Lists at most `limit` entries (at least 1) over all shards, the newest first
 * (place.h): those behind `after`, or from the newest one on (NULL).  Tried once:
 * `cb` is called once, maybe during this call. */
void wsub_newest_list(struct wsub_store *store,
                      const struct wsub_newest_kind *kind,
                      const struct wsub_place *after, size_t limit,
                      wsub_newest_cb *cb, void *arg);

/* Reads at most `limit` entries of one shard's stream, the newest first: those older
 * than `before`, or from the newest one on (NULL).  The reply is that of XREVRANGE.
 * Tried once. */
void wsub_newest_read(struct wsub_store *store, unsigned shard,
                      const char *stream, const struct wsub_place *before,
                      size_t limit, wsub_store_parse *parse, wsub_store_cb *cb,
                      void *arg);

#endif
