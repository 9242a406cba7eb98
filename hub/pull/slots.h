/* slots.h - how many connections those who wait may keep. */
#ifndef HUB_PULL_SLOTS_H
#define HUB_PULL_SLOTS_H

#include <stdbool.h>

struct hub_pull;

/* Whether one more poll may wait, or stream may begin: publishers and subscribers
 * keep some of max_connections for themselves. */
bool hub_pull_may_wait(const struct hub_pull *pull);

#endif
