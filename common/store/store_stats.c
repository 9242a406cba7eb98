#include "common/store/store_stats.h"

#define REFUSED                                                                \
    "websubd_redis_refused_total",                                             \
        "Commands that Redis refused, by whether it would for ever",           \
        WSUB_COUNTER

struct wsub_metric wsub_store_stats[WSUB_STORE_STAT_MAX_] = {
    [WSUB_STORE_STAT_PASSING] = {REFUSED, "reason=\"passing\"", 0},
    [WSUB_STORE_STAT_LASTING] = {REFUSED, "reason=\"damage\"", 0},
    [WSUB_STORE_STAT_REPEATED] = {"websubd_redis_calls_repeated_total",
                                  "Calls to Redis that were sent again: their "
                                  "reply was lost, or they were refused",
                                  WSUB_COUNTER, NULL, 0},
    [WSUB_STORE_STAT_LEFT_OUT] =
        {"websubd_pull_topics_left_out_total",
         "Times that a topic that is pulled was left out, since its shard had "
         "as many as it may",
         WSUB_COUNTER, NULL, 0},
};
