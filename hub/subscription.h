/* subscription.h - what is known of one subscription, for operators.
 *
 * Asked key by key, so what changes meanwhile may be seen in part. */
#ifndef HUB_SUBSCRIPTION_H
#define HUB_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/digest.h"
#include "common/store/attempt_log.h"
#include "common/store/record.h"
#include "hub/hub.h"

/* Names a subscription. */
struct hub_subscription_key {
    unsigned shard;
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
};

/* Strings are borrowed for the callback. */
struct hub_subscription {
    bool active;
    struct wsub_record record;   /* when active */
    const char *topic;           /* NULL: not known by its text */
    uint64_t missed;             /* events that it is to get by turns */
    uint64_t suspended_ms;       /* since when (Unix ms); 0: it is not */
    struct wsub_attempt_log log; /* all zero without one */
};

typedef void hub_subscription_cb(enum wsub_err err,
                                 const struct hub_subscription *found,
                                 void *arg);

/* "normal", "suspended", "catching-up" or "ordered"; it is active. */
const char *hub_subscription_state(const struct hub_subscription *found);

/* Takes `TD:CD` apart; false when it is none. */
bool hub_subscription_key_parse(const char *text, unsigned shard,
                                struct hub_subscription_key *ret_key);

/* Calls `done` once, maybe during this call; `found` holds nothing on
 * errors. */
void hub_subscription_find(struct hub *hub,
                           const struct hub_subscription_key *key,
                           hub_subscription_cb *done, void *arg);

#endif
