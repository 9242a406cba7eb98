/* sweeps.h - one look at what has lapsed or is settled in a shard
 * (sweep.lua). */
#ifndef WSUB_STORE_SWEEPS_H
#define WSUB_STORE_SWEEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

struct wsub_sweep {
    const struct wsub_owned *owned;
    uint64_t retention_ms; /* of events */
    uint64_t dead_letter_retention_ms;
    uint32_t most; /* leases, events and dead letters in this call */
};

struct wsub_swept {
    uint64_t leases, events, dead_letters; /* that ended or were dropped */
    bool more;                             /* `most` was reached */
    const char *position; /* of the fan-out, by now; borrowed */
    uint64_t lag;         /* events of the log that have not begun */
    uint64_t lease_ms;    /* until a lease ends; UINT64_MAX: there is none */
    /* Notes of what was damaged, and of the last one id, key and reason, ""
     * for none; borrowed. */
    uint64_t damaged;
    const char *damage_id, *damaged_key, *why;
};

/* `swept` is NULL unless err is WSUB_OK. */
typedef void wsub_sweep_cb(enum wsub_err err, const struct wsub_swept *swept,
                           void *arg);

/* Sweeps the shard once.  `cb` is called once, maybe during the call.
 * WSUB_ERR_FENCED: only the owner may. */
void wsub_sweep(struct wsub_store *store, const struct wsub_sweep *sweep,
                wsub_sweep_cb *cb, void *arg);

struct wsub_pull_in {
    unsigned shard;
    uint64_t longest_ms;      /* delay of what waits for its time */
    uint64_t longest_seen_ms; /* until a pull subscription ends */
    uint32_t most;            /* members of a kind in this call */
};

struct wsub_pulled_in {
    uint64_t redis_ms; /* Redis' time */
    uint64_t members;  /* that were brought back from a time far ahead */
};

/* `pulled` is NULL unless err is WSUB_OK. */
typedef void wsub_pull_in_cb(enum wsub_err err,
                             const struct wsub_pulled_in *pulled, void *arg);

/* Brings times back that a wrong clock gave (pull_in.lua).  `cb` is called once,
 * maybe during the call. */
void wsub_pull_in(struct wsub_store *store, const struct wsub_pull_in *pull_in,
                  wsub_pull_in_cb *cb, void *arg);

#endif
