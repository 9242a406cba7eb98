/* star.h - subscriptions to `*` are active in every shard.
 *
 *   home record -> copy script, once for each other shard -> all answered
 *
 * The shard of `*` itself is home: requests wait and are decided there.
 * Every other shard has a copy, since an event's fan-out sees its own shard
 * only. */
#ifndef DELIVER_STAR_H
#define DELIVER_STAR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct deliver;

/* What the copies are to become. */
struct deliver_star_change {
    unsigned home;       /* the shard that has the change already */
    const char *td;      /* borrowed until on_done */
    const char *cd;      /* borrowed until on_done */
    bool subscribe;      /* as home's record says; else they are removed */
    uint64_t generation; /* of the request that was confirmed */
};

/* Calls `on_done` once, later: WSUB_OK when every copy is up to date, or else
 * WSUB_ERR_UNAVAILABLE; repeating the whole is harmless. */
void deliver_star_copy(struct deliver *d,
                       const struct deliver_star_change *change,
                       void (*on_done)(enum wsub_err err, void *arg),
                       void *arg);

#endif
