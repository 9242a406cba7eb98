/* stats.h - what every process counts about itself in the cluster, for
 * /metrics. */
#ifndef WSUB_CLUSTER_STATS_H
#define WSUB_CLUSTER_STATS_H

#include "common/base/metrics.h"

enum wsub_cluster_stat {
    WSUB_CLUSTER_STAT_HEALTHY, /* the first four: 1 for the state it is in */
    WSUB_CLUSTER_STAT_DEGRADED,
    WSUB_CLUSTER_STAT_FAILED,
    WSUB_CLUSTER_STAT_UNREGISTERED,
    WSUB_CLUSTER_STAT_INCARNATION,   /* a gauge */
    WSUB_CLUSTER_STAT_FAILURES,      /* a gauge */
    WSUB_CLUSTER_STAT_REGISTERED_AT, /* a gauge */
    WSUB_CLUSTER_STAT_HUBS,          /* gauges: those that live */
    WSUB_CLUSTER_STAT_SPREADERS,
    WSUB_CLUSTER_STAT_DELIVERS,
    WSUB_CLUSTER_STAT_FENCED,
    WSUB_CLUSTER_STAT_REMOVED,
    WSUB_CLUSTER_STAT_HANDED_OVER,
    WSUB_CLUSTER_STAT_MAX_
};

extern struct wsub_metric wsub_cluster_stats[WSUB_CLUSTER_STAT_MAX_];

#endif
