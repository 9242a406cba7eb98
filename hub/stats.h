/* stats.h - what the hub counts, for /metrics. */
#ifndef HUB_STATS_H
#define HUB_STATS_H

#include <stdint.h>

enum hub_stat {
    HUB_STAT_SUBSCRIBE,
    HUB_STAT_UNSUBSCRIBE,
    HUB_STAT_PUBLISH,
    HUB_STAT_PUSH,
    HUB_STAT_REFUSED,
    HUB_STAT_UNAVAILABLE,
    HUB_STAT_MEMORY_REFUSED,
    HUB_STAT_MEMORY_HIGH, /* a gauge */
    HUB_STAT_MAX_
};

void hub_stats_register(void);
void hub_stat_add(enum hub_stat stat);
void hub_stat_set(enum hub_stat stat, uint64_t value);

#endif
