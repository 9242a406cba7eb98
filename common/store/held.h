/* held.h - entries that can't be interpreted (hold.lua).
 *
 * An entry of a newer version, or one that is malformed in a stream that only our
 * programs write, is no use to this process and may be of use to another one, or to
 * this one later: with other keys, or in a newer version.  So it leaves its
 * stream, where the others go on, waits in `held`, is brought back when it is due,
 * and after so many times becomes a dead letter that can be replayed.  (Jobs whose
 * record or secret can't be interpreted are held by their outcome, settlement.h.) */
#ifndef WSUB_STORE_HELD_H
#define WSUB_STORE_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

/* All is borrowed for the call. */
struct wsub_hold {
    unsigned shard;
    const char *stream; /* a name of keys.h */
    const char *entry;
    const char *why;
    /* Of `log` and `pings`, which only the owner takes entries from; else NULL. */
    const struct wsub_owned *owned;
    const char *position; /* of `log`: as the caller knows it; else NULL */
};

enum wsub_held {
    WSUB_HELD_NOT,  /* the entry is none any more, or is somebody else's */
    WSUB_HELD,      /* it comes back */
    WSUB_HELD_DEAD, /* that was the last time: it is a dead letter */
};

/* `position` is borrowed; it and `held` count when `err` is WSUB_OK. */
typedef void wsub_hold_cb(enum wsub_err err, enum wsub_held held,
                          const char *position, void *arg);

/* Holds the entry, as often as undecodable_max_tries says; repeated until Redis
 * has replied.  WSUB_ERR_FENCED: only the owner may. */
void wsub_hold(struct wsub_store *store, const struct wsub_hold *hold,
               wsub_hold_cb *cb, void *arg);

#endif
