/* shard_hints.h - who owns which shards, at a glance: the hash `P:{c}:shards`,
 * field N -> `NAME INCARNATION EPOCH`.
 *
 * Owners write it after the fact, so it is a hint: what holds is the row of each
 * shard (owners.h).  What can't be written now is lost. */
#ifndef WSUB_STORE_SHARD_HINTS_H
#define WSUB_STORE_SHARD_HINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

void wsub_shard_hint_set(struct wsub_store *store,
                         const struct wsub_owned *owned,
                         const struct wsub_instance_ref *owner);
/* The shard is free; `reaper` may do it for the dead. */
void wsub_shard_hint_drop(struct wsub_store *store, unsigned shard);

/* `owned` has a true for each shard that is somebody's, `shards` of the store in
 * all; borrowed for the callback, NULL unless `err` is WSUB_OK. */
typedef void wsub_shard_hints_cb(enum wsub_err err, const bool *owned,
                                 void *arg);

/* Reads all; `cb` is called once, maybe during the call. */
void wsub_shard_hints(struct wsub_store *store, wsub_shard_hints_cb *cb,
                      void *arg);

#endif
