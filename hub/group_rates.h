/* group_rates.h - how many events a second a topic group may be sent.
 *
 * A token bucket a group, in this process: N hubs allow N times as much.  A bucket
 * holds what a second brings.  Pure: the caller passes the time. */
#ifndef HUB_GROUP_RATES_H
#define HUB_GROUP_RATES_H

#include <stdint.h>

struct hub_group_rates;
struct wsub_policy;

struct hub_group_rates *hub_group_rates_new(void);
void hub_group_rates_free(struct hub_group_rates *rates); /* NULL is fine */

/* Takes the token of one event of the policy's group and returns 0, or takes
 * nothing and returns after how many seconds, 1 at least, there is one. */
uint32_t hub_group_rates_take(struct hub_group_rates *rates,
                              const struct wsub_policy *policy,
                              uint64_t now_us);

#endif
