/* subscription_create.h - POST /admin/subscriptions: an operator subscribes a
 * callback, which is not asked.
 *
 * {"topic", "callback", "lease_seconds"?, "secret"?, "ordered"?, "signature"?,
 * "headers"?}: what these say is checked as hub.topic, hub.lease_seconds,
 * hub.websubd.ordered ... of a subscriber are. */
#ifndef HUB_SUBSCRIPTION_CREATE_H
#define HUB_SUBSCRIPTION_CREATE_H

#include "common/http/route.h"

/* Responds 201, or 200 when it was there and is renewed. */
wsub_http_handler hub_subscription_create;

#endif
