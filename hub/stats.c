#include "hub/stats.h"

#define ACCEPTED "websubd_hub_accepted_total", "Requests stored in Redis"

struct wsub_metric hub_stats[HUB_STAT_MAX_] = {
    [HUB_STAT_SUBSCRIBE] = {ACCEPTED, WSUB_COUNTER, "kind=\"subscribe\"", 0},
    [HUB_STAT_UNSUBSCRIBE] = {ACCEPTED, WSUB_COUNTER, "kind=\"unsubscribe\"",
                              0},
    [HUB_STAT_PUBLISH] = {ACCEPTED, WSUB_COUNTER, "kind=\"publish\"", 0},
    [HUB_STAT_PUSH] = {ACCEPTED, WSUB_COUNTER, "kind=\"push\"", 0},
    [HUB_STAT_REFUSED] = {"websubd_hub_refused_total",
                          "Requests that got a 4xx", WSUB_COUNTER, NULL, 0},
    [HUB_STAT_UNAVAILABLE] = {"websubd_hub_unavailable_total",
                              "Requests that got a 503", WSUB_COUNTER, NULL, 0},
    [HUB_STAT_MEMORY_REFUSED] = {"websubd_hub_memory_refused_total",
                                 "Pushes and announcements refused because "
                                 "Redis is near its memory limit",
                                 WSUB_COUNTER, NULL, 0},
    [HUB_STAT_MEMORY_HIGH] = {"websubd_hub_memory_high_shards",
                              "Shards whose Redis is near its memory limit",
                              WSUB_GAUGE, NULL, 0},
};
