/* removals.h - removing a dead process, step by step (bury.lua, free.lua,
 * hand_over.lua, buried.lua).
 *
 *   bury -> of each shard: free | hand over, until nothing is left -> buried
 *
 * Each step may be repeated, by anybody.  Each call is sent once; its callback is
 * called once, maybe during the call.  Ending the ownership of a shard is in
 * owners.h. */
#ifndef WSUB_STORE_REMOVALS_H
#define WSUB_STORE_REMOVALS_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/store/instances.h"

struct wsub_store;

struct wsub_burial {
    const struct wsub_victim *victim; /* borrowed for the call */
    struct wsub_instance_ref me;      /* who removes it */
    uint32_t timeout_ms;              /* after which a heartbeat is missing */
    uint32_t lock_ms;                 /* for which nobody else removes it */
};

/* Begins to remove the victim, or goes on with it.  The callback gets the
 * incarnation to be removed, 0 when the caller is not to. */
void wsub_removal_bury(struct wsub_store *store,
                       const struct wsub_burial *burial,
                       wsub_incarnation_cb *cb, void *arg);

/* Entries that were handed over, and that are left. */
typedef void wsub_handed_over_cb(enum wsub_err err, uint64_t entries,
                                 uint64_t left, void *arg);

/* Posts up to about `most` entries of the shard anew that lives of a process up
 * to this one have claimed, for whoever reads next. */
void wsub_removal_hand_over(struct wsub_store *store, unsigned shard,
                            const struct wsub_instance_ref *dead, uint32_t most,
                            wsub_handed_over_cb *cb, void *arg);

/* Removes record, heartbeat and lock. */
void wsub_removal_finish(struct wsub_store *store,
                         const struct wsub_victim *victim, wsub_instance_cb *cb,
                         void *arg);

#endif
