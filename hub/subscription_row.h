/* subscription_row.h - what operators are told of a subscription. */
#ifndef HUB_SUBSCRIPTION_ROW_H
#define HUB_SUBSCRIPTION_ROW_H

#include <jansson.h>

#include "common/store/subscription_list.h"

/* A new object; its secret is not in it. */
json_t *hub_subscription_row(const struct wsub_subscription_row *row);

/* The same as a line of an export: what makes the subscription anew, but for its
 * secret. */
json_t *hub_subscription_line(const struct wsub_subscription_row *row);

#endif
