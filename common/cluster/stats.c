#include "common/cluster/stats.h"

#define LIVE                                                                   \
    "websubd_live_instances", "Processes whose heartbeat is not missing"
#define STATE "websubd_instance_state", "1 for the state of the registration"

struct wsub_metric wsub_cluster_stats[WSUB_CLUSTER_STAT_MAX_] = {
    [WSUB_CLUSTER_STAT_HEALTHY] = {STATE, WSUB_GAUGE, "state=\"healthy\"", 0},
    [WSUB_CLUSTER_STAT_DEGRADED] = {STATE, WSUB_GAUGE, "state=\"degraded\"", 0},
    [WSUB_CLUSTER_STAT_FAILED] = {STATE, WSUB_GAUGE, "state=\"failed\"", 0},
    [WSUB_CLUSTER_STAT_UNREGISTERED] = {STATE, WSUB_GAUGE,
                                        "state=\"unregistered\"", 1},
    [WSUB_CLUSTER_STAT_INCARNATION] = {"websubd_instance_incarnation",
                                       "Incarnation of the process", WSUB_GAUGE,
                                       NULL, 0},
    [WSUB_CLUSTER_STAT_FAILURES] = {"websubd_instance_consecutive_failures",
                                    "Registrations in a row that failed",
                                    WSUB_GAUGE, NULL, 0},
    [WSUB_CLUSTER_STAT_REGISTERED_AT] =
        {"websubd_instance_last_registration_seconds",
         "Unix time of the last registration that succeeded", WSUB_GAUGE, NULL,
         0},
    [WSUB_CLUSTER_STAT_HUBS] = {LIVE, WSUB_GAUGE, "role=\"hub\"", 0},
    [WSUB_CLUSTER_STAT_SPREADERS] = {LIVE, WSUB_GAUGE, "role=\"spreader\"", 0},
    [WSUB_CLUSTER_STAT_DELIVERS] = {LIVE, WSUB_GAUGE, "role=\"deliver\"", 0},
    [WSUB_CLUSTER_STAT_FENCED] = {"websubd_instance_fenced_total",
                                  "Times that the process was fenced",
                                  WSUB_COUNTER, NULL, 0},
    [WSUB_CLUSTER_STAT_REMOVED] = {"websubd_takeovers_total",
                                   "Dead processes that this one removed",
                                   WSUB_COUNTER, NULL, 0},
    [WSUB_CLUSTER_STAT_HANDED_OVER] = {"websubd_takeover_entries_total",
                                       "Claims of dead processes that this one "
                                       "handed over",
                                       WSUB_COUNTER, NULL, 0},
};
