/* settlement.h - tells Redis what became of jobs (settle.lua).
 *
 *   struct wsub_settlement s;
 *   wsub_settlement_begin(&s, store, shard);
 *   for each entry:
 *       wsub_settlement_job(), _cursor(), _part() or _rest()
 *       wsub_settlement_outcome() of each of its jobs that has one
 *       maybe wsub_settlement_retried(), _cleared()
 *   wsub_settlement_send(&s, on_settled, arg);
 *
 * One vocabulary for all jobs: the entry says whether it is about jobs, or
 * about the cursor job of a subscription in cursor mode. */
#ifndef WSUB_STORE_SETTLEMENT_H
#define WSUB_STORE_SETTLEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/claims.h"
#include "common/store/store.h"

/* What became of a job. */
enum wsub_outcome {
    WSUB_OUTCOME_DONE,  /* delivered; of a cursor job also to nobody */
    WSUB_OUTCOME_NONE,  /* of a job: delivered to nobody */
    WSUB_OUTCOME_GONE,  /* 410: the subscription ends */
    WSUB_OUTCOME_RETRY, /* again in delay_ms */
    WSUB_OUTCOME_PARK,  /* again when its host has capacity */
    WSUB_OUTCOME_HOLD,  /* what it needs can't be interpreted: again later */
    WSUB_OUTCOME_DEAD,  /* given up: a dead letter */
    WSUB_OUTCOME_MISS,  /* its subscription is in cursor mode */
    /* Its subscription failed too often: cursor mode, and a probe in
     * delay_ms. */
    WSUB_OUTCOME_SUSPEND,
};

/* All is borrowed.  Which fields count depends on the outcome. */
struct wsub_settled {
    enum wsub_outcome outcome;
    /* Id; all.  With a `!` behind it when a cursor job has delivered the event
     * of a replay (DONE). */
    const char *event;
    /* DONE, NONE: of jobs; 0 when the event of a cursor job had left before the
     * subscription got it. */
    uint64_t count;
    const char *target; /* CD, CD:LEVEL or CD:*; all but DONE */
    /* Of the subscription; "-" while it is not known; GONE, RETRY, MISS,
     * SUSPEND. */
    const char *td;
    uint64_t generation;          /* of the subscription; GONE */
    uint32_t failures;            /* so far; RETRY, PARK, HOLD, DEAD, SUSPEND */
    uint32_t crashes;             /* so far; RETRY, PARK, HOLD, SUSPEND */
    uint32_t held;                /* how often by now; HOLD */
    uint64_t delay_ms;            /* RETRY, SUSPEND */
    const char *host;             /* digest of SCHEME:PORT:NAME; PARK */
    const char *topic, *callback; /* DEAD */
    const char *why;              /* HOLD, DEAD */
};

struct wsub_settlement {
    struct wsub_store *store; /* borrowed */
    unsigned shard;
    struct wsub_cmd cmd; /* owned until it is sent */
    bool suspends;       /* has an outcome of that kind */
};

void wsub_settlement_begin(struct wsub_settlement *s, struct wsub_store *store,
                           unsigned shard);

/* What follows is about the entry's only job. */
void wsub_settlement_job(struct wsub_settlement *s,
                         const struct wsub_claim *claim);

/* ... about the entry's cursor job, number `number`, of a subscription. */
void wsub_settlement_cursor(struct wsub_settlement *s,
                            const struct wsub_claim *claim, const char *td,
                            const char *cd, uint64_t number);

/* ... about some jobs of a bundle.  The masks have a bit for each job that is
 * not settled, before and after this; 0 before stands for all of them. */
void wsub_settlement_part(struct wsub_settlement *s,
                          const struct wsub_claim *claim, uint16_t before,
                          uint16_t left);

/* ... about all jobs of a bundle that are not settled. */
void wsub_settlement_rest(struct wsub_settlement *s,
                          const struct wsub_claim *claim, uint16_t before);

void wsub_settlement_outcome(struct wsub_settlement *s,
                             const struct wsub_settled *settled);

/* The event's job for the subscription came from `retry`. */
void wsub_settlement_retried(struct wsub_settlement *s, const char *td,
                             const char *cd, const char *event);

/* Clears the crash count of an entry that was taken over. */
void wsub_settlement_cleared(struct wsub_settlement *s,
                             const struct wsub_claim *claim);

/* Who was not suspended before and is now, each as TD:CD; borrowed for the
 * call.  Nobody when the reply was lost and the call repeated. */
typedef void wsub_settlement_cb(const char *const *suspended, size_t count,
                                void *arg);

/* Sends it until Redis has replied: what was settled before is skipped. */
void wsub_settlement_send(struct wsub_settlement *s, wsub_settlement_cb *cb,
                          void *arg);

#endif
