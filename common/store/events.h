/* events.h - the fan-out of events, as Redis does it (page.lua).
 *
 * The cursor of an event is in Redis and moves in the same step in which the
 * jobs are posted, so a page may be repeated, and two spreaders on one event
 * share its pages. */
#ifndef WSUB_STORE_EVENTS_H
#define WSUB_STORE_EVENTS_H

#include <stdint.h>

struct wsub_store;

/* What came of a page; the numbers are those of page.lua. */
enum wsub_page_result {
    WSUB_PAGE_MORE = 0,     /* it was posted, and others follow */
    WSUB_PAGE_FINISHED = 1, /* it was the last one; the event is acknowledged */
    WSUB_PAGE_FULL = 2,     /* nothing was posted: `bulk` is full */
    WSUB_PAGE_EARLY = 3, /* nothing was posted: an earlier event comes first */
};

struct wsub_page {
    unsigned shard;
    const char *event;        /* its id in `log` */
    const char *topic;        /* in its normal spelling */
    uint32_t subscriptions;   /* at most, in one page */
    uint64_t retention_ms;    /* of events */
    uint64_t fanout_jobs_max; /* unread jobs that `bulk` may hold */
};

typedef void wsub_event_page_cb(enum wsub_page_result result, uint64_t jobs,
                                void *arg);

/* Posts the next page of the event's jobs; repeated until Redis has replied.
 * `cb` gets the number of jobs that this page posted. */
void wsub_event_page(struct wsub_store *store, const struct wsub_page *page,
                     wsub_event_page_cb *cb, void *arg);

#endif
