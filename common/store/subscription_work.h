/* subscription_work.h - what a subscription's deliveries came to, and what of them
 * waits, for operators (subscription_work.lua). */
#ifndef WSUB_STORE_SUBSCRIPTION_WORK_H
#define WSUB_STORE_SUBSCRIPTION_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/attempt_log.h"
#include "common/store/place.h"

struct wsub_store;

/* All is borrowed for the callback. */
struct wsub_subscription_work {
    struct wsub_attempt_log log; /* all zero without one that can be read */
    /* Jobs that wait for another attempt, or for capacity of the callback. */
    uint64_t waiting;
    uint64_t
        next_ms; /* when the first of them is tried (Unix); 0: none waits */
    bool has_cursor;
    struct wsub_place cursor; /* the last event that its cursor has passed */
    uint64_t gap_ms;          /* when its last gap was found (Unix); 0: none */
    bool has_gap_to;
    struct wsub_place gap_from, gap_to; /* what stands around it */
    uint64_t gap_count;                 /* events */
};

/* NULL unless `err` is WSUB_OK. */
typedef void
wsub_subscription_work_cb(enum wsub_err err,
                          const struct wsub_subscription_work *work, void *arg);

/* Tried once: `cb` is called once, maybe during this call. */
void wsub_subscription_work(struct wsub_store *store, unsigned shard,
                            const char *td, const char *cd,
                            wsub_subscription_work_cb *cb, void *arg);

#endif
