/* subscriptions.h - what is known of one subscription, for operators.
 *
 * It is read key by key, so a change meanwhile may be seen in part. */
#ifndef WSUB_STORE_SUBSCRIPTIONS_H
#define WSUB_STORE_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/digest.h"
#include "common/store/record.h"

struct wsub_store;

/* TD:CD and the zero byte. */
#define WSUB_SUBSCRIPTION_NAME_BYTES (2 * WSUB_DIGEST_LEN + 2)

/* Which subscription. */
struct wsub_subscription_key {
    unsigned shard;
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
};

/* Parses `TD:CD`; false when `name` is malformed. */
bool wsub_subscription_key_parse(const char *name, unsigned shard,
                                 struct wsub_subscription_key *ret_key);

/* Strings are borrowed for the callback. */
struct wsub_subscription {
    bool active;
    struct wsub_record record; /* when active */
    const char *topic;         /* NULL: not known by its text */
    uint64_t missed;           /* events that are to come by cursor jobs */
    uint64_t suspended_ms;     /* since when (Unix ms); 0: it is not */
};

/* `found` is NULL unless `err` is WSUB_OK; it may be one that is not active. */
typedef void wsub_subscription_cb(enum wsub_err err,
                                  const struct wsub_subscription *found,
                                  void *arg);

/* Reads what is known of the subscription.  Tried once: `cb` is called once,
 * maybe during this call. */
void wsub_subscriptions_find(struct wsub_store *store,
                             const struct wsub_subscription_key *key,
                             wsub_subscription_cb *cb, void *arg);

#endif
