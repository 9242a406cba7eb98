/* stats.h - what the hub counts, for /metrics. */
#ifndef HUB_STATS_H
#define HUB_STATS_H

#include "common/base/histogram.h"
#include "common/base/metrics.h"

enum hub_stat {
    HUB_STAT_SUBSCRIBE,
    HUB_STAT_UNSUBSCRIBE,
    HUB_STAT_PUBLISH,
    HUB_STAT_PUSH,
    HUB_STAT_DUPLICATES,
    HUB_STAT_REFUSED,
    HUB_STAT_UNAVAILABLE,
    HUB_STAT_MEMORY_SUBSCRIPTIONS, /* a gauge */
    HUB_STAT_MEMORY_HIGH,          /* a gauge */
    HUB_STAT_REDIS_USED,           /* a gauge */
    HUB_STAT_REDIS_MAX,            /* a gauge */
    HUB_STAT_BODY_BYTES,           /* a gauge */
    HUB_STAT_BODIES_WAITING,       /* a gauge */
    HUB_STAT_BODIES_WAITED,
    HUB_STAT_MAX_
};

extern struct wsub_metric hub_stats[HUB_STAT_MAX_];

/* From a content push that is there until Redis has the event. */
extern struct wsub_histogram hub_push_times;

#endif
