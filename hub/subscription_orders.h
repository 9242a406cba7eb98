/* subscription_orders.h - what an operator orders of one subscription, by
 * POST /admin/subscriptions/... {"topic", "callback"}.
 *
 * One to `*` has a replica in each shard: the order is carried out in all of them.
 * After a 503 a part may be done, and a repetition goes on. */
#ifndef HUB_SUBSCRIPTION_ORDERS_H
#define HUB_SUBSCRIPTION_ORDERS_H

#include "common/http/route.h"

/* pause: {"paused":true}, resume: {"paused":false}. */
wsub_http_handler hub_subscription_pause;
wsub_http_handler hub_subscription_resume;

/* {"due":N}: so many jobs that waited are tried now. */
wsub_http_handler hub_subscription_due;

/* {"event":ID}: a test event is on its way to it, and to nobody else; of one to
 * `*` to that of its home shard. */
wsub_http_handler hub_subscription_test;

#endif
