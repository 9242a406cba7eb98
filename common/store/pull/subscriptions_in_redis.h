/* subscriptions_in_redis.h - pull subscriptions in Redis (subscription_store.h).
 *
 * A subscription lives in the shard of its id's digest: all that changes it is one
 * script there, so that it does not matter which hub a request comes to.  Calls
 * are sent once: WSUB_ERR_UNAVAILABLE when there is no reply, and nobody knows then
 * whether it was done. */
#ifndef WSUB_STORE_PULL_SUBSCRIPTIONS_IN_REDIS_H
#define WSUB_STORE_PULL_SUBSCRIPTIONS_IN_REDIS_H

#include "common/store/pull/subscription_store.h"

struct wsub_store;

/* `store` is borrowed and outlives it. */
struct wsub_pull_store *wsub_pull_store_in_redis_new(struct wsub_store *store);
/* The store is closed before. */
void wsub_pull_store_in_redis_free(struct wsub_pull_store *pulls);

/* The shard of an id. */
unsigned wsub_pull_shard(const struct wsub_store *store, const char *id);

#endif
