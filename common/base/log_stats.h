/* log_stats.h - what the log itself counts, for /metrics. */
#ifndef WSUB_BASE_LOG_STATS_H
#define WSUB_BASE_LOG_STATS_H

#include "common/base/metrics.h"

enum wsub_log_stat {
    WSUB_LOG_STAT_DROPPED,
    WSUB_LOG_STAT_LEFT_OUT,
    WSUB_LOG_STAT_MAX_
};

extern struct wsub_metric wsub_log_stats[WSUB_LOG_STAT_MAX_];

#endif
