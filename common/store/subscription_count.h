/* subscription_count.h - how many subscriptions are active, in all. */
#ifndef WSUB_STORE_SUBSCRIPTION_COUNT_H
#define WSUB_STORE_SUBSCRIPTION_COUNT_H

#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

typedef void wsub_subscription_count_cb(enum wsub_err err, uint64_t count,
                                        void *arg);

/* Tried once: `cb` is called once, maybe during the call. */
void wsub_subscription_count(struct wsub_store *store,
                             wsub_subscription_count_cb *cb, void *arg);

#endif
