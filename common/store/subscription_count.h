/* subscription_count.h - how many subscriptions are active, in all. */
#ifndef WSUB_STORE_SUBSCRIPTION_COUNT_H
#define WSUB_STORE_SUBSCRIPTION_COUNT_H

#include "common/store/shard_sum.h"

/* Tried once: `cb` is called once, maybe during the call. */
void wsub_subscription_count(struct wsub_store *store, wsub_shard_sum_cb *cb,
                             void *arg);

#endif
