/* rejected.h - entries of `log` and `pings` that can't be used, and open events
 * whose next page Redis refuses (reject.lua). */
#ifndef WSUB_STORE_REJECTED_H
#define WSUB_STORE_REJECTED_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

struct wsub_rejected {
    const struct wsub_owned *owned;
    const char *stream; /* a name of keys.h */
    const char *entry;
    const char *why;
    const char *position; /* of `log`: as the caller knows it; else NULL */
};

/* `moved` is false when the entry was none any more, or the caller was wrong
 * about the position, which is another one by now (borrowed). */
typedef void wsub_reject_cb(enum wsub_err err, bool moved, const char *position,
                            void *arg);

/* Moves the entry to the rejected ones, and the position past it; repeated until
 * Redis has replied.  WSUB_ERR_FENCED: only the owner may. */
void wsub_reject(struct wsub_store *store, const struct wsub_rejected *rejected,
                 wsub_reject_cb *cb, void *arg);

#endif
