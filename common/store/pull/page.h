/* page.h - what one shard has for who pulls, after a cursor (pull_page.lua).
 *
 * A page looks at a bounded part of the log, and of what has left it, so that no
 * call keeps Redis for long: who wants all goes on at `reached` while there is
 * `more`.
 *
 * Events are those that could be given to anybody: entries with `v` 1, a topic, a
 * content type and a body.  What these are is as the producer wrote it: the owner
 * of the shard may reject such an entry later on (PROTOCOL.md). */
#ifndef WSUB_STORE_PULL_PAGE_H
#define WSUB_STORE_PULL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"

struct wsub_store;

struct wsub_pull_page {
    unsigned shard;
    struct wsub_place after; /* the cursor */
    const char *topics;      /* as in subscription.h */
    uint32_t max_events;
    size_t max_bytes; /* of bodies; at least one event is given */
};

/* All is borrowed. */
struct wsub_pull_event {
    struct wsub_place place;
    const char *topic, *content_type, *content_coding; /* NULL: none */
    const char *body;
    size_t body_bytes;
};

/* Borrowed for the callback. */
struct wsub_pull_paged {
    const struct wsub_pull_event *events; /* that match, in the log's order */
    size_t count;
    /* Everything up to here was looked at: `after` at least.  Where the log was
     * lost, and ids began anew, `after` stays ahead of it and nothing is found:
     * who knows a tail (tail.h) that is lower begins anew at 0-0. */
    struct wsub_place reached;
    bool more; /* there may be more behind it: ask again */
    /* Matching events between `after` and `reached` that have left the log within
     * the last day, or are among the last 100,000 of the shard: each once over
     * the pages that follow each other. */
    uint64_t missed;
};

/* `paged` is NULL unless err is WSUB_OK. */
typedef void wsub_pull_page_cb(enum wsub_err err,
                               const struct wsub_pull_paged *paged, void *arg);

/* Made once; `cb` is called once, maybe during the call. */
void wsub_pull_page(struct wsub_store *store, const struct wsub_pull_page *page,
                    wsub_pull_page_cb *cb, void *arg);

#endif
