/* subscription_delete.h - POST /admin/subscriptions/delete: an operator ends one.
 *
 * {"topic", "callback", "tell"?, "reason"?}: its callback is told that it is
 * denied, as by /admin/deny, unless `tell` is false.  A request that waits for its
 * verification ends with it. */
#ifndef HUB_SUBSCRIPTION_DELETE_H
#define HUB_SUBSCRIPTION_DELETE_H

#include "common/http/route.h"

/* Responds {"deleted":true}; 404, 503. */
wsub_http_handler hub_subscription_delete;

#endif
