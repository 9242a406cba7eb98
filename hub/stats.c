#include "hub/stats.h"

#define ACCEPTED "websubd_hub_accepted_total", "Requests stored in Redis"

struct wsub_metric hub_stats[HUB_STAT_MAX_] = {
    [HUB_STAT_SUBSCRIBE] = {ACCEPTED, WSUB_COUNTER, "kind=\"subscribe\"", 0},
    [HUB_STAT_UNSUBSCRIBE] = {ACCEPTED, WSUB_COUNTER, "kind=\"unsubscribe\"",
                              0},
    [HUB_STAT_PUBLISH] = {ACCEPTED, WSUB_COUNTER, "kind=\"publish\"", 0},
    [HUB_STAT_PUSH] = {ACCEPTED, WSUB_COUNTER, "kind=\"push\"", 0},
    [HUB_STAT_DUPLICATES] = {"websubd_hub_duplicates_total",
                             "Content pushes whose Idempotency-Key was known: "
                             "no event was made",
                             WSUB_COUNTER, NULL, 0},
    [HUB_STAT_REFUSED] = {"websubd_hub_refused_total",
                          "Requests that got a 4xx", WSUB_COUNTER, NULL, 0},
    [HUB_STAT_UNAVAILABLE] = {"websubd_hub_unavailable_total",
                              "Requests that got a 503", WSUB_COUNTER, NULL, 0},
    [HUB_STAT_MEMORY_SUBSCRIPTIONS] = {"websubd_hub_memory_filling_shards",
                                       "Shards that take no new subscriptions "
                                       "as their Redis is short of memory",
                                       WSUB_GAUGE, NULL, 0},
    [HUB_STAT_MEMORY_HIGH] = {"websubd_hub_memory_high_shards",
                              "Shards that take no new content as their Redis "
                              "is near its memory limit",
                              WSUB_GAUGE, NULL, 0},
    [HUB_STAT_REDIS_USED] = {"websubd_redis_memory_used_bytes",
                             "Memory that Redis uses", WSUB_GAUGE, NULL, 0},
    [HUB_STAT_REDIS_MAX] = {"websubd_redis_memory_max_bytes",
                            "maxmemory of Redis, 0 without", WSUB_GAUGE, NULL,
                            0},
    [HUB_STAT_BODY_BYTES] = {"websubd_hub_body_bytes",
                             "Bytes of max_inflight_bytes that are taken",
                             WSUB_GAUGE, NULL, 0},
    [HUB_STAT_BODIES_WAITING] = {"websubd_hub_bodies_waiting",
                                 "Request bodies that wait unread", WSUB_GAUGE,
                                 NULL, 0},
    [HUB_STAT_BODIES_WAITED] = {"websubd_hub_bodies_waited_total",
                                "Waits of request bodies for "
                                "max_inflight_bytes",
                                WSUB_COUNTER, NULL, 0},
};

struct wsub_histogram hub_push_times = {
    .name = "websubd_hub_push_seconds",
    .help = "From a content push that is there until Redis has the event",
    .buckets = &wsub_buckets_call,
};
