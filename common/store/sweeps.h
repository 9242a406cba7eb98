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
};

/* `swept` is NULL unless err is WSUB_OK. */
typedef void wsub_sweep_cb(enum wsub_err err, const struct wsub_swept *swept,
                           void *arg);

/* Sweeps the shard once.  `cb` is called once, maybe during the call.
 * WSUB_ERR_FENCED: only the owner may. */
void wsub_sweep(struct wsub_store *store, const struct wsub_sweep *sweep,
                wsub_sweep_cb *cb, void *arg);

#endif
