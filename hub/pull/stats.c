#include "hub/pull/stats.h"

#define HANDED                                                                 \
    "websubd_hub_pull_messages_total",                                         \
        "Events handed to those who pull, by how they do"

struct wsub_metric hub_pull_stats[HUB_PULL_STAT_MAX_] = {
    [HUB_PULL_STAT_WAITING] = {"websubd_hub_pull_waiting",
                               "Requests that wait for messages", WSUB_GAUGE,
                               NULL, 0},
    [HUB_PULL_STAT_STREAMS] = {"websubd_hub_streams",
                               "Server-Sent Event streams", WSUB_GAUGE, NULL,
                               0},
    [HUB_PULL_STAT_MESSAGES] = {HANDED, WSUB_COUNTER, "by=\"request\"", 0},
    [HUB_PULL_STAT_STREAMED] = {HANDED, WSUB_COUNTER, "by=\"stream\"", 0},
    [HUB_PULL_STAT_MISSED] = {"websubd_hub_pull_missed_total",
                              "Events that left the log before those who pull "
                              "fetched them, as far as they were told",
                              WSUB_COUNTER, NULL, 0},
    [HUB_PULL_STAT_CUT] = {"websubd_hub_streams_cut_total",
                           "Streams that were ended as their client was too "
                           "slow",
                           WSUB_COUNTER, NULL, 0},
};
