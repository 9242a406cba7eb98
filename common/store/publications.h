/* publications.h - what publishers bring: content, and announcements that there
 * is some (the stream log, and the topics to fetch).
 *
 * Each call is tried once: what became of it is unknown when the link was lost
 * meanwhile, and its callback is called once, maybe during the call. */
#ifndef WSUB_STORE_PUBLICATIONS_H
#define WSUB_STORE_PUBLICATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/store/place.h"

struct wsub_store;

/* Content that is pushed.  All is borrowed for the call. */
struct wsub_push {
    unsigned shard;    /* of the topic */
    const char *topic; /* in its normal spelling */
    const char *content_type;
    const char *content_coding; /* NULL for none */
    const char *key;            /* an Idempotency-Key; NULL for none */
    const char *traceparent;    /* valid; NULL for none */
    const char *tracestate;     /* valid, beside a traceparent; NULL for none */
    const void *body;
    size_t body_bytes;
};

struct wsub_pushed {
    struct wsub_place event; /* that the content has become */
    bool is_known;           /* by its key: nothing was appended */
};

/* `pushed` is NULL unless `err` is WSUB_OK. */
typedef void wsub_pushed_cb(enum wsub_err err, const struct wsub_pushed *pushed,
                            void *arg);

/* Appends the event.  When the topic had the same key within the last 24 hours
 * nothing is appended, and the event is the one of then. */
void wsub_publications_push(struct wsub_store *store,
                            const struct wsub_push *push, wsub_pushed_cb *cb,
                            void *arg);

typedef void wsub_announced_cb(enum wsub_err err, void *arg);

/* Notes that topics of that shard, URLs in their normal spelling, have new content,
 * which the spreader fetches if they are subscribed to.  WSUB_ERR_FULL: as many of
 * a host wait as may (max_announced_per_host), and none of these was noted. */
void wsub_publications_announce(struct wsub_store *store, unsigned shard,
                                const char *const topics[], size_t count,
                                wsub_announced_cb *cb, void *arg);

#endif
