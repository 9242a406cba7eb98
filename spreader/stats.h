/* stats.h - what the spreader counts, for /metrics. */
#ifndef SPREADER_STATS_H
#define SPREADER_STATS_H

#include "common/base/histogram.h"
#include "common/base/metrics.h"
#include "common/store/held.h"

enum spread_stat {
    SPREAD_STAT_EVENTS,
    SPREAD_STAT_JOBS,
    SPREAD_STAT_FETCH_NEW,
    SPREAD_STAT_FETCH_UNCHANGED,
    SPREAD_STAT_FETCH_FAILED,
    SPREAD_STAT_FETCH_UNNEEDED,
    SPREAD_STAT_FETCH_POSTPONED,
    SPREAD_STAT_LOST,
    SPREAD_STAT_REJECTED,
    SPREAD_STAT_HELD,
    SPREAD_STAT_HELD_DEAD,
    SPREAD_STAT_VALID,
    SPREAD_STAT_DENIED,
    SPREAD_STAT_VALIDATION_FAILED,
    SPREAD_STAT_VALIDATION_POSTPONED,
    SPREAD_STAT_LEASES_ENDED,
    SPREAD_STAT_PULL_EXPIRED,
    SPREAD_STAT_REPLAYED,
    SPREAD_STAT_DAMAGED,
    /* In the order of enum wsub_health_kind. */
    SPREAD_STAT_STALE,
    SPREAD_STAT_ORPHANED,
    SPREAD_STAT_MISSING,
    SPREAD_STAT_CORRUPT,
    SPREAD_STAT_MENDED,
    SPREAD_STAT_GIVEN_UP,
    SPREAD_STAT_CHECK_MS, /* a gauge, in ms */
    SPREAD_STAT_MAX_
};

extern struct wsub_metric spread_stats[SPREAD_STAT_MAX_];

/* How long fetches of topics take, redirects included. */
extern struct wsub_histogram spread_fetch_times;

/* Counts what became of an entry that can't be interpreted. */
void spread_stats_held(enum wsub_held held);

#endif
