#include "common/cluster/shard_stats.h"

#include <stddef.h>

struct wsub_metric wsub_shard_stats[WSUB_SHARD_STAT_MAX_] = {
    [WSUB_SHARD_STAT_OWNED] = {"websubd_shards_owned",
                               "Shards that this process owns", WSUB_GAUGE,
                               NULL, 0},
    [WSUB_SHARD_STAT_EPOCHS] = {"websubd_shard_epochs_total",
                                "Shards that this process has claimed",
                                WSUB_COUNTER, NULL, 0},
    [WSUB_SHARD_STAT_COORDINATOR] = {"websubd_coordinator",
                                     "1 while this process is the coordinator",
                                     WSUB_GAUGE, NULL, 0},
    [WSUB_SHARD_STAT_MISMATCHES] = {"websubd_leader_mismatches_total",
                                    "Times that two processes took themselves "
                                    "for the coordinator, or none did for "
                                    "longer than a lease",
                                    WSUB_COUNTER, NULL, 0},
};
