/* deny.h - end subscriptions that are not to be served (WebSub section 5.2).
 *
 *   page -> next page ... -> done
 *
 * A page ends subscriptions and queues for each the denial that deliver tells
 * its callback, after ending the replicas of a subscription to `*`.  A walk that
 * breaks off can begin anew: ended subscriptions stay ended. */
#ifndef HUB_DENY_H
#define HUB_DENY_H

#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

#define HUB_REASON_MAX_BYTES 500 /* what an operator may say of it */

/* `ended` subscriptions, also when an error broke the walk off. */
typedef void hub_deny_cb(enum wsub_err err, uint64_t ended, void *arg);

/* Denies a normalized topic to one callback, CD, or to all (NULL); `reason`
 * may be "".  Calls `done` once, maybe during this call. */
void hub_deny(struct wsub_store *store, const char *topic, const char *cd,
              const char *reason, hub_deny_cb *done, void *arg);

#endif
