/* deliveries.h - what deliver asks Redis about its jobs, beside their outcomes
 * (settlement.h).  Every call is repeated until Redis has replied. */
#ifndef WSUB_STORE_DELIVERIES_H
#define WSUB_STORE_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/claims.h"
#include "common/store/store.h"

enum wsub_next_kind {
    WSUB_NEXT_EVENT, /* one is due */
    /* Nothing is due, or the cursor job isn't the current one: its entry is
     * settled. */
    WSUB_NEXT_NONE,
    WSUB_NEXT_WAIT, /* jobs that failed before are still on their way */
};

/* What is next for a subscription in cursor mode; borrowed from the reply. */
struct wsub_next {
    enum wsub_next_kind kind;
    const char *event;     /* id */
    bool suspended;        /* so is the subscription: this is a probe */
    bool is_replay;        /* the event is delivered again */
    uint64_t lost;         /* events that had left before it got them */
    const char *from, *to; /* the ids around those; "-" for none */
};

typedef void wsub_next_cb(const struct wsub_next *next, void *arg);

/* Finds the next event for cursor job `number` of (TD, CD), which is held by
 * `claim`. */
void wsub_deliveries_next(struct wsub_store *store, unsigned shard,
                          const char *td, const char *cd, uint64_t number,
                          const struct wsub_claim *claim, wsub_next_cb *cb,
                          void *arg);

/* Splits a bundle that was taken over: what is left of it is posted as entries
 * of one job. */
void wsub_deliveries_split(struct wsub_store *store, unsigned shard,
                           const struct wsub_claim *claim);

enum wsub_crash_question {
    WSUB_CRASH_TAKEN, /* the entries were taken over: counts the first two */
    WSUB_CRASH_ALONE, /* one is about to be sent alone: counts each time */
};

/* `counts` has as many numbers as there were entries: how many processes have
 * ended while they held the entry, 0 when it is not pending any more. */
typedef void wsub_crashes_cb(const uint32_t *counts, size_t count, void *arg);

/* Counts a crash for entries of one shard, and gets the counts. */
void wsub_deliveries_crashes(struct wsub_store *store, unsigned shard,
                             enum wsub_crash_question question,
                             const struct wsub_claim *claims, size_t count,
                             wsub_crashes_cb *cb, void *arg);

/* How many jobs were moved, and whether there are more. */
typedef void wsub_unparked_cb(uint32_t moved, bool more, void *arg);

/* Moves up to `most` of the shard's jobs that are parked for `host` back to
 * `outbox`. */
void wsub_deliveries_unpark(struct wsub_store *store, unsigned shard,
                            const char *host, uint32_t most,
                            wsub_unparked_cb *cb, void *arg);

#endif
