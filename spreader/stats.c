#include "spreader/stats.h"

#define FETCHES                                                                \
    "websubd_spreader_fetches_total", "Announced topics by what came of them"
#define UNDECODABLE                                                            \
    "websubd_spreader_undecodable_total",                                      \
        "Entries that could not be interpreted, by outcome"
#define VALIDATIONS                                                            \
    "websubd_spreader_validations_total",                                      \
        "Subscribe requests by what their topic said"

#define ISSUES "websubd_health_issues", "What the last health check found wrong"

struct wsub_metric spread_stats[SPREAD_STAT_MAX_] = {
    [SPREAD_STAT_EVENTS] = {"websubd_spreader_events_total",
                            "Events fanned out", WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_JOBS] = {"websubd_spreader_jobs_total", "Jobs posted",
                          WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_FETCH_NEW] = {FETCHES, WSUB_COUNTER, "outcome=\"new\"", 0},
    [SPREAD_STAT_FETCH_UNCHANGED] = {FETCHES, WSUB_COUNTER,
                                     "outcome=\"unchanged\"", 0},
    [SPREAD_STAT_FETCH_FAILED] = {FETCHES, WSUB_COUNTER, "outcome=\"failed\"",
                                  0},
    [SPREAD_STAT_FETCH_UNNEEDED] = {FETCHES, WSUB_COUNTER,
                                    "outcome=\"no_subscribers\"", 0},
    [SPREAD_STAT_FETCH_POSTPONED] = {FETCHES, WSUB_COUNTER,
                                     "outcome=\"postponed\"", 0},
    [SPREAD_STAT_LOST] = {"websubd_spreader_lost_total",
                          "Events that left the log before they had begun",
                          WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_REJECTED] = {"websubd_spreader_rejected_total",
                              "Entries rejected because they can't be used",
                              WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_HELD] = {UNDECODABLE, WSUB_COUNTER, "outcome=\"held\"", 0},
    [SPREAD_STAT_HELD_DEAD] = {UNDECODABLE, WSUB_COUNTER, "outcome=\"dead\"",
                               0},
    [SPREAD_STAT_VALID] = {VALIDATIONS, WSUB_COUNTER, "outcome=\"valid\"", 0},
    [SPREAD_STAT_DENIED] = {VALIDATIONS, WSUB_COUNTER, "outcome=\"denied\"", 0},
    [SPREAD_STAT_VALIDATION_FAILED] = {VALIDATIONS, WSUB_COUNTER,
                                       "outcome=\"failed\"", 0},
    [SPREAD_STAT_VALIDATION_POSTPONED] = {VALIDATIONS, WSUB_COUNTER,
                                          "outcome=\"postponed\"", 0},
    [SPREAD_STAT_LEASES_ENDED] = {"websubd_spreader_leases_ended_total",
                                  "Subscriptions whose lease ended",
                                  WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_PULL_EXPIRED] = {"websubd_spreader_pull_expired_total",
                                  "Pull subscriptions that ended since they "
                                  "were not used",
                                  WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_REPLAYED] = {"websubd_spreader_replayed_total",
                              "Deliveries that replays have posted",
                              WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_DAMAGED] = {"websubd_shards_damaged",
                             "Notes of what was damaged in the shards that "
                             "this process owns",
                             WSUB_GAUGE, NULL, 0},
    [SPREAD_STAT_STALE] = {ISSUES, WSUB_GAUGE, "kind=\"stale\"", 0},
    [SPREAD_STAT_ORPHANED] = {ISSUES, WSUB_GAUGE, "kind=\"orphaned\"", 0},
    [SPREAD_STAT_MISSING] = {ISSUES, WSUB_GAUGE, "kind=\"missing\"", 0},
    [SPREAD_STAT_CORRUPT] = {ISSUES, WSUB_GAUGE, "kind=\"corrupt\"", 0},
    [SPREAD_STAT_MENDED] = {"websubd_health_mended_total",
                            "Things that the health monitor mended",
                            WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_GIVEN_UP] = {"websubd_health_alerts_total",
                              "Things that the health monitor can't mend",
                              WSUB_COUNTER, NULL, 0},
    [SPREAD_STAT_CHECK_MS] = {"websubd_health_check_seconds",
                              "How long the last health check took",
                              WSUB_GAUGE_MS, NULL, 0},
};

struct wsub_histogram spread_fetch_times = {
    .name = "websubd_spreader_fetch_seconds",
    .help = "How long fetches of topics take, redirects included",
    .buckets = &wsub_buckets_call,
};

void spread_stats_held(enum wsub_held held)
{
    if (held == WSUB_HELD)
        wsub_metric_add(&spread_stats[SPREAD_STAT_HELD], 1);
    else if (held == WSUB_HELD_DEAD)
        wsub_metric_add(&spread_stats[SPREAD_STAT_HELD_DEAD], 1);
}
