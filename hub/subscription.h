/* subscription.h - GET /admin/subscription: all that is known of one. */
#ifndef HUB_SUBSCRIPTION_H
#define HUB_SUBSCRIPTION_H

#include "common/http/route.h"

wsub_http_handler hub_subscription;

#endif
