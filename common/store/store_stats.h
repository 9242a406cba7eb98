/* store_stats.h - what the store counts, for /metrics. */
#ifndef WSUB_STORE_STORE_STATS_H
#define WSUB_STORE_STORE_STATS_H

#include "common/base/metrics.h"

enum wsub_store_stat {
    WSUB_STORE_STAT_PASSING, /* refusals that will end */
    WSUB_STORE_STAT_LASTING, /* refusals that would not */
    WSUB_STORE_STAT_REPEATED, /* calls that had lost their reply, or were refused */
    WSUB_STORE_STAT_LEFT_OUT, /* topics that are not pulled (interest.h) */
    WSUB_STORE_STAT_MAX_
};

extern struct wsub_metric wsub_store_stats[WSUB_STORE_STAT_MAX_];

#endif
