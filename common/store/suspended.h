/* suspended.h - the suspended subscriptions, those of a shard by the time they
 * were suspended (sorted set suspended). */
#ifndef WSUB_STORE_SUSPENDED_H
#define WSUB_STORE_SUSPENDED_H

#include <stddef.h>
#include <stdint.h>

#include "common/store/shard_sum.h"
#include "common/store/subscriptions.h"

/* Counts those of all shards.  Tried once: `cb` is called once, maybe during
 * this call. */
void wsub_suspended_count(struct wsub_store *store, wsub_shard_sum_cb *cb,
                          void *arg);

struct wsub_suspended {
    /* `TD:CD`, for wsub_subscription_key_parse(); borrowed for the callback. */
    const char *name;
    uint64_t since_ms; /* Unix */
};

/* `list` is valid during the call; NULL unless `err` is WSUB_OK. */
typedef void wsub_suspended_list_cb(enum wsub_err err,
                                    const struct wsub_suspended *list,
                                    size_t count, void *arg);

/* Lists at most `limit` of a shard, those that were suspended for longest
 * first: from the time `since_ms` on, without the first `skip` of them.  Tried
 * once: `cb` is called once, maybe during this call. */
void wsub_suspended_list(struct wsub_store *store, unsigned shard,
                         uint64_t since_ms, uint64_t skip, size_t limit,
                         wsub_suspended_list_cb *cb, void *arg);

#endif
