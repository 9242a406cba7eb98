/* subscription_orders.h - what an operator orders of one subscription.
 *
 * Each is tried once, and may be repeated: it is as wanted then.  The callback is
 * called once, maybe during the call. */
#ifndef WSUB_STORE_SUBSCRIPTION_ORDERS_H
#define WSUB_STORE_SUBSCRIPTION_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

/* Which subscription; borrowed for the call.  Of one to `*` each shard has a
 * replica. */
struct wsub_subscription_name {
    unsigned shard;
    const char *td, *cd;
    const char *topic; /* in its normal spelling */
    bool is_replica;   /* of one to `*`: it may be on its way */
    uint64_t removed;  /* a replica is removed by this generation */
};

/* What was done; borrowed for the callback. */
struct wsub_ordered {
    enum wsub_err err;   /* WSUB_ERR_NOT_FOUND: there is no such subscription */
    uint64_t count;      /* of jobs that are due now */
    const char *event;   /* MS-SEQ, of a test */
    uint64_t generation; /* of a removal, for its replicas */
};

typedef void wsub_ordered_cb(const struct wsub_ordered *done, void *arg);

/* Nothing is delivered to it from now on, and nothing is lost within the retention
 * (pause.lua). */
void wsub_subscription_pause(struct wsub_store *store,
                             const struct wsub_subscription_name *name,
                             wsub_ordered_cb *cb, void *arg);

/* It gets what it has missed, in order, then goes on. */
void wsub_subscription_resume(struct wsub_store *store,
                              const struct wsub_subscription_name *name,
                              wsub_ordered_cb *cb, void *arg);

/* What waits for it is tried now (due.lua). */
void wsub_subscription_due(struct wsub_store *store,
                           const struct wsub_subscription_name *name,
                           wsub_ordered_cb *cb, void *arg);

/* A test event is delivered to it, and to nobody else (test_event.h). */
void wsub_subscription_test(struct wsub_store *store,
                            const struct wsub_subscription_name *name,
                            wsub_ordered_cb *cb, void *arg);

/* It ends, and nobody is told (remove.lua); a replica too, unless it is newer. */
void wsub_subscription_remove(struct wsub_store *store,
                              const struct wsub_subscription_name *name,
                              wsub_ordered_cb *cb, void *arg);

#endif
