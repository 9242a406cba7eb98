/* stats.h - what the spreader counts, for /metrics. */
#ifndef SPREADER_STATS_H
#define SPREADER_STATS_H

#include "common/base/metrics.h"

enum spread_stat {
    SPREAD_STAT_EVENTS,
    SPREAD_STAT_JOBS,
    SPREAD_STAT_FETCH_NEW,
    SPREAD_STAT_FETCH_UNCHANGED,
    SPREAD_STAT_FETCH_FAILED,
    SPREAD_STAT_FETCH_UNNEEDED,
    SPREAD_STAT_REJECTED,
    SPREAD_STAT_VALID,
    SPREAD_STAT_DENIED,
    SPREAD_STAT_VALIDATION_FAILED,
    SPREAD_STAT_LEASES_ENDED,
    SPREAD_STAT_LAG,
    SPREAD_STAT_MAX_
};

extern struct wsub_metric spread_stats[SPREAD_STAT_MAX_];

#endif
