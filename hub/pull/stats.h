/* stats.h - metrics of those who pull. */
#ifndef HUB_PULL_STATS_H
#define HUB_PULL_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/metrics.h"

enum hub_pull_stat {
    HUB_PULL_STAT_WAITING,
    HUB_PULL_STAT_STREAMS,
    HUB_PULL_STAT_MESSAGES,
    HUB_PULL_STAT_STREAMED,
    HUB_PULL_STAT_MISSED,
    HUB_PULL_STAT_CUT,
    HUB_PULL_STAT_MAX_
};

extern struct wsub_metric hub_pull_stats[HUB_PULL_STAT_MAX_];

#endif
