/* shard_stats.h - what a spreader counts of its shards, for /metrics. */
#ifndef WSUB_CLUSTER_SHARD_STATS_H
#define WSUB_CLUSTER_SHARD_STATS_H

#include "common/base/metrics.h"

enum wsub_shard_stat {
    WSUB_SHARD_STAT_OWNED,
    WSUB_SHARD_STAT_EPOCHS,
    WSUB_SHARD_STAT_COORDINATOR,
    WSUB_SHARD_STAT_MISMATCHES,
    WSUB_SHARD_STAT_MAX_
};

extern struct wsub_metric wsub_shard_stats[WSUB_SHARD_STAT_MAX_];

#endif
