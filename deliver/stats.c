#include "deliver/stats.h"

#define JOBS "websubd_deliver_jobs_total", "Settled delivery jobs by outcome"
#define INTENTS                                                                \
    "websubd_deliver_verifications_total", "Verifications of intent by "       \
                                           "outcome"

#define ENTRIES                                                                \
    "websubd_deliver_undecodable_total",                                       \
        "Entries and requests that could not be interpreted, by outcome"

#define DENIALS "websubd_deliver_denials_total", "Denials by outcome"

struct wsub_metric deliver_stats[DELIVER_STAT_MAX_] = {
    [DELIVER_STAT_DELIVERED] = {JOBS, WSUB_COUNTER, "outcome=\"delivered\"", 0},
    [DELIVER_STAT_RETRIED] = {JOBS, WSUB_COUNTER, "outcome=\"retry\"", 0},
    [DELIVER_STAT_DEAD] = {JOBS, WSUB_COUNTER, "outcome=\"dead\"", 0},
    [DELIVER_STAT_GONE] = {JOBS, WSUB_COUNTER, "outcome=\"gone\"", 0},
    [DELIVER_STAT_DROPPED] = {JOBS, WSUB_COUNTER, "outcome=\"dropped\"", 0},
    [DELIVER_STAT_PARKED] = {JOBS, WSUB_COUNTER, "outcome=\"parked\"", 0},
    [DELIVER_STAT_PUT_BACK] = {JOBS, WSUB_COUNTER, "outcome=\"put-back\"", 0},
    [DELIVER_STAT_HELD] = {JOBS, WSUB_COUNTER, "outcome=\"held\"", 0},
    [DELIVER_STAT_SUSPENDED] = {JOBS, WSUB_COUNTER, "outcome=\"suspended\"", 0},
    [DELIVER_STAT_ENTRY_HELD] = {ENTRIES, WSUB_COUNTER, "outcome=\"held\"", 0},
    [DELIVER_STAT_ENTRY_DEAD] = {ENTRIES, WSUB_COUNTER, "outcome=\"dead\"", 0},
    [DELIVER_STAT_RETRIES] = {"websubd_deliver_retries_total",
                              "Attempts to deliver after one that failed",
                              WSUB_COUNTER, NULL, 0},
    [DELIVER_STAT_REPLAYED] = {"websubd_deliver_replayed_total",
                               "Deliveries of events that an operator had "
                               "delivered again",
                               WSUB_COUNTER, NULL, 0},
    [DELIVER_STAT_UNPARKED] = {"websubd_deliver_unparked_total",
                               "Parked jobs that came back for their host",
                               WSUB_COUNTER, NULL, 0},
    [DELIVER_STAT_MISSED] = {"websubd_deliver_missed_total",
                             "Events that left before a subscription in cursor "
                             "mode got them",
                             WSUB_COUNTER, NULL, 0},
    [DELIVER_STAT_CONFIRMED] = {INTENTS, WSUB_COUNTER, "outcome=\"confirmed\"",
                                0},
    [DELIVER_STAT_REFUSED] = {INTENTS, WSUB_COUNTER, "outcome=\"refused\"", 0},
    [DELIVER_STAT_VERIFY_RETRIED] = {INTENTS, WSUB_COUNTER, "outcome=\"retry\"",
                                     0},
    [DELIVER_STAT_VERIFY_POSTPONED] = {INTENTS, WSUB_COUNTER,
                                       "outcome=\"postponed\"", 0},
    [DELIVER_STAT_DENIAL_TOLD] = {DENIALS, WSUB_COUNTER, "outcome=\"told\"", 0},
    [DELIVER_STAT_DENIAL_UNTOLD] = {DENIALS, WSUB_COUNTER, "outcome=\"untold\"",
                                    0},
    [DELIVER_STAT_DENIAL_RETRIED] = {DENIALS, WSUB_COUNTER, "outcome=\"retry\"",
                                     0},
    [DELIVER_STAT_SLOTS_USED] = {"websubd_deliver_slots_used",
                                 "Entries claimed and not settled", WSUB_GAUGE,
                                 NULL, 0},
    [DELIVER_STAT_SLOTS] = {"websubd_deliver_slots",
                            "Entries that may be claimed and not settled",
                            WSUB_GAUGE, NULL, 0},
    [DELIVER_STAT_HOSTS] = {"websubd_deliver_hosts", "Hosts that are known",
                            WSUB_GAUGE, NULL, 0},
    [DELIVER_STAT_HOSTS_WAITING] = {"websubd_deliver_waiting",
                                    "Jobs and verifications that wait for "
                                    "their host",
                                    WSUB_GAUGE, NULL, 0},
    [DELIVER_STAT_LINGERING] = {"websubd_deliver_requests_lingering",
                                "Requests in flight for more than a second, "
                                "which need no slot",
                                WSUB_GAUGE, NULL, 0},
};
