/* stats.h - what every process counts about topic groups, for /metrics. */
#ifndef WSUB_GROUPS_STATS_H
#define WSUB_GROUPS_STATS_H

#include "common/base/metrics.h"

enum wsub_group_stat {
    WSUB_GROUP_STAT_KNOWN, /* a gauge */
    WSUB_GROUP_STAT_EVENT, /* applied; these four in the order of the sources */
    WSUB_GROUP_STAT_WATCH,
    WSUB_GROUP_STAT_POLL,
    WSUB_GROUP_STAT_MISS,
    WSUB_GROUP_STAT_STALE,
    WSUB_GROUP_STAT_UNREADABLE,
    WSUB_GROUP_STAT_MAX_
};

extern struct wsub_metric wsub_group_stats[WSUB_GROUP_STAT_MAX_];

#endif
