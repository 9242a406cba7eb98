/* retries.h - work that waits for its time goes back to its streams
 * (promote.lua). */
#ifndef WSUB_STORE_RETRIES_H
#define WSUB_STORE_RETRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

struct wsub_promoted {
    enum wsub_err err; /* with any but WSUB_OK nothing is known */
    uint64_t moved;
    bool later;       /* others wait */
    uint64_t next_ms; /* until the first of them is due */
};

typedef void wsub_promoted_cb(const struct wsub_promoted *promoted, void *arg);

/* Moves up to `most` entries that are due; sent once.  `cb` is called once,
 * maybe during the call.  WSUB_ERR_FENCED: only the owner may. */
void wsub_retries_promote(struct wsub_store *store,
                          const struct wsub_owned *owned, uint32_t most,
                          wsub_promoted_cb *cb, void *arg);

#endif
