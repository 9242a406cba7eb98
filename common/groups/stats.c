#include "common/groups/stats.h"

#define APPLIED                                                                \
    "websubd_group_versions_applied_total",                                    \
        "Versions of topic groups that the process has applied"

struct wsub_metric wsub_group_stats[WSUB_GROUP_STAT_MAX_] = {
    [WSUB_GROUP_STAT_KNOWN] = {"websubd_groups",
                               "Topic groups that the process knows, "
                               "tombstones included",
                               WSUB_GAUGE, NULL, 0},
    [WSUB_GROUP_STAT_EVENT] = {APPLIED, WSUB_COUNTER, "source=\"event\"", 0},
    [WSUB_GROUP_STAT_WATCH] = {APPLIED, WSUB_COUNTER, "source=\"watch\"", 0},
    [WSUB_GROUP_STAT_POLL] = {APPLIED, WSUB_COUNTER, "source=\"poll\"", 0},
    [WSUB_GROUP_STAT_MISS] = {APPLIED, WSUB_COUNTER, "source=\"miss\"", 0},
    [WSUB_GROUP_STAT_STALE] = {"websubd_group_versions_stale_total",
                               "Versions of topic groups that were ignored, "
                               "as a greater one is applied",
                               WSUB_COUNTER, NULL, 0},
    [WSUB_GROUP_STAT_UNREADABLE] = {"websubd_group_records_unreadable_total",
                                    "Records of topic groups that could not "
                                    "be read",
                                    WSUB_COUNTER, NULL, 0},
};
