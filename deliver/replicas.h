/* replicas.h - subscriptions to the wildcard `*` are active in every shard.
 *
 *   home record -> a replica in each other shard -> all are up to date
 *
 * The shard of `*` itself is home: requests wait and are decided there.
 * Every other shard has a replica, since an event's fan-out sees its own shard
 * only. */
#ifndef DELIVER_REPLICAS_H
#define DELIVER_REPLICAS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto/digest.h"

struct deliver_replicas;
struct wsub_store;

/* What the replicas are to become. */
struct deliver_replicas_change {
    unsigned home; /* the shard that has the change already */
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
    bool subscribed;     /* as home's record says; else they are removed */
    uint64_t generation; /* of the request that was confirmed */
};

/* `store` outlives the replicas. */
struct deliver_replicas *deliver_replicas_new(struct wsub_store *store);
/* Whoever waits is not told. */
void deliver_replicas_free(struct deliver_replicas *replicas);

/* Calls `on_done` (NULL for nobody) once, maybe during this call, when every
 * replica is up to date; repeating the whole is harmless. */
void deliver_replicas_update(struct deliver_replicas *replicas,
                             const struct deliver_replicas_change *change,
                             void (*on_done)(void *arg), void *arg);

#endif
