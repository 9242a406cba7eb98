/* events.h - the fan-out of events, as Redis does it (resume.lua, begin.lua,
 * page.lua).
 *
 *   resume -> begin: the next events of the log -> page, page ... of each that
 *                                                  is open
 *
 * Only the owner of a shard may call these; WSUB_ERR_FENCED says that it is not
 * any more.  How far an event has come is in Redis and moves in the same step in
 * which the jobs are posted.  All are repeated until Redis has replied, but that
 * begin and page give up where Redis refuses them for good (WSUB_ERR_REFUSED,
 * and `why`). */
#ifndef WSUB_STORE_EVENTS_H
#define WSUB_STORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

/* Events in one call of wsub_events_begin(). */
#define WSUB_BEGIN_MAX 64

/* Where the owner goes on; strings are borrowed for the callback, and there is
 * nothing unless `err` is WSUB_OK. */
struct wsub_resumed {
    enum wsub_err err;
    const char *position;      /* id of the last event that has begun */
    const char *const *events; /* ids of the open events */
    const char *const *topics; /* and their topics */
    size_t count;              /* of both */
    uint64_t lost;          /* events that left the log before they had begun */
    const char *lost_after; /* the position then */
    const char *lost_before; /* what is there, "-" when nothing is */
};

typedef void wsub_resumed_cb(const struct wsub_resumed *resumed, void *arg);

void wsub_events_resume(struct wsub_store *store,
                        const struct wsub_owned *owned, wsub_resumed_cb *cb,
                        void *arg);

struct wsub_begin {
    const struct wsub_owned *owned;
    const char *position;  /* as the caller knows it */
    uint64_t retention_ms; /* of events */
    /* The next ones of the log, in its order, and their topics in the normal
     * spelling; of content that was fetched its digest, else "". */
    const char *const *events;
    const char *const *topics;
    const char *const *digests;
    size_t count; /* of each; up to WSUB_BEGIN_MAX */
};

/* The event leaves the log at that time (Unix ms), whatever the retention of the
 * others.  To be called before it begins, so that the next owner knows. */
void wsub_event_retain(struct wsub_store *store, const struct wsub_owned *owned,
                       const char *event, uint64_t until_ms);

/* What was done; there is nothing unless `err` is WSUB_OK.  `position` is not
 * the caller's, and count 0, when the caller was wrong about it. */
struct wsub_begun {
    enum wsub_err err;
    const char *why;               /* Redis' error; borrowed likewise */
    const char *position;          /* by now; borrowed for the callback */
    size_t count;                  /* of the events, from the first on */
    uint64_t jobs;                 /* of all of them */
    bool finished[WSUB_BEGIN_MAX]; /* the first page was all */
};

typedef void wsub_begun_cb(const struct wsub_begun *begun, void *arg);

/* Gives the first of the events their first pages, at least one of them. */
void wsub_events_begin(struct wsub_store *store, const struct wsub_begin *begin,
                       wsub_begun_cb *cb, void *arg);

/* What came of a page; the numbers are those of page.lua. */
enum wsub_page_result {
    WSUB_PAGE_MORE = 0,     /* it was posted, and others follow */
    WSUB_PAGE_FINISHED = 1, /* it was the last one */
    WSUB_PAGE_FULL = 2,     /* nothing was posted: `bulk` is full */
};

struct wsub_page {
    const struct wsub_owned *owned;
    const char *event;        /* its id in `log` */
    const char *topic;        /* in its normal spelling */
    uint32_t subscriptions;   /* at most, in one page */
    uint64_t fanout_jobs_max; /* unread jobs that `bulk` may hold */
};

/* There is nothing but `why` unless `err` is WSUB_OK. */
struct wsub_paged {
    enum wsub_err err;
    const char *why; /* Redis' error; borrowed for the callback */
    enum wsub_page_result result;
    uint64_t jobs; /* that were posted */
};

typedef void wsub_event_page_cb(const struct wsub_paged *paged, void *arg);

/* Posts the next page of the event's jobs. */
void wsub_event_page(struct wsub_store *store, const struct wsub_page *page,
                     wsub_event_page_cb *cb, void *arg);

#endif
