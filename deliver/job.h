/* job.h - one delivery: an event for a subscription, claimed from a lane.
 *
 *   suspect -> finding -> loading -> waiting -> loading -> sending -> settling
 *   (taken     (turns)       |   (host full)                  |          ^
 *    over)                   '--------------------------------'----------'
 *                            '--> stalled (Redis went away), then goes on
 *
 * Most jobs name their event.  The turn of a followed subscription (turn.h)
 * finds it first, and has outcomes of its own.
 *
 * The subscription is read right before sending: a job that waited for its
 * host reads it again, so nothing is sent once an unsubscription is active
 * or the lease has ended.  When it has ended, a dotted topic's next level is
 * looked at: the same callback may be subscribed there, too. */
#ifndef DELIVER_JOB_H
#define DELIVER_JOB_H

#include <stdint.h>

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/store/record.h"
#include "common/store/stream_reader.h"
#include "deliver/content.h"
#include "deliver/deliver.h"
#include "deliver/host.h"
#include "deliver/load.h"

#define DELIVER_ID_MAX 48 /* "MS-SEQ", each at most 20 digits */
#define DELIVER_HOLD_KEY_MAX (DELIVER_ID_MAX + 20)
#define DELIVER_JOB_HEADERS 5

struct deliver_bundle;

enum deliver_lane { DELIVER_LANE_OUTBOX, DELIVER_LANE_BULK };

enum deliver_job_state {
    JOB_SUSPECT,
    JOB_FINDING,
    JOB_LOADING,
    JOB_WAITING,
    JOB_SENDING,
    JOB_SETTLING,
    JOB_STALLED,
    JOB_STATE_MAX_
};

/* What became of a job; settle.lua tells them in full.  The last three are
 * those of turns. */
enum deliver_outcome {
    DELIVER_DONE,    /* delivered, or nobody to deliver to */
    DELIVER_GONE,    /* 410: the subscription ends */
    DELIVER_LATER,   /* again in delay_ms */
    DELIVER_PARK,    /* again when the host has room */
    DELIVER_DEAD,    /* given up */
    DELIVER_MISS,    /* its subscription is followed */
    DELIVER_SUSPEND, /* its subscription is to be followed */
    DELIVER_STEP,    /* the turn's event is over */
    DELIVER_WAIT,    /* the turn again in delay_ms */
    DELIVER_BURY,    /* the turn's event is given up */
};

struct deliver_job {
    struct deliver *d; /* borrowed; outlives the job */
    enum deliver_job_state state;
    struct deliver_bundle *bundle; /* borrowed; the entry, outlives the job */
    unsigned position;             /* among the bundle's jobs */
    unsigned shard;
    char event_id[DELIVER_ID_MAX]; /* "" while a turn looks for it */
    char cd[WSUB_DIGEST_LEN + 1];
    int level; /* of the event's topic that is subscribed to */
    char td[WSUB_DIGEST_LEN + 1];          /* of that level */
    uint32_t failures;                     /* attempts that failed so far */
    bool retried;                          /* it came from `retry` */
    const struct deliver_content *content; /* a use of the cache's */
    struct deliver_content_wait wait;
    struct deliver_load load;
    struct deliver_ticket ticket;
    struct wsub_buf line;                    /* owned; the record */
    struct wsub_record record;               /* borrows from line */
    char signature[24 + WSUB_SIGNATURE_MAX]; /* header */
    struct curl_slist headers[DELIVER_JOB_HEADERS];

    bool is_turn;
    char turn_td[WSUB_DIGEST_LEN + 1]; /* whose turn: TD, CD */
    uint64_t turn;                     /* its number */
    bool suspended; /* so is the turn's subscription, or is to be */
    bool lost;      /* the turn's event has left: DELIVER_STEP */

    bool counted;      /* the crash count has been read */
    bool is_watched;   /* it is one of the suspects that go on */
    uint32_t crashes;  /* processes that it ended for certain, before it came
                        * back by `retry` */
    uint32_t suspects; /* that ended while they held this entry of it */

    enum deliver_outcome outcome;
    uint64_t delay_ms; /* DELIVER_LATER, _SUSPEND, _WAIT */
    char why[128];     /* DELIVER_DEAD, _BURY */
    TAILQ_ENTRY(deliver_job)
    next; /* without a slot, suspect, settling or
                                    * stalled */
};

TAILQ_HEAD(deliver_job_list, deliver_job);

/* A job of a bundle, to be filled.  Its slot is given back by
 * deliver_claim_release() once the outcome is in Redis. */
struct deliver_job *deliver_job_new(struct deliver_bundle *bundle,
                                    unsigned position);

/* Ends a job whose entry can't be read. */
void deliver_job_malformed(struct deliver_job *job);

/* Goes on with the next step, as far as the job has come. */
void deliver_job_advance(struct deliver_job *job);

/* Ends the job with an outcome, which goes to the settler. */
void deliver_job_settle(struct deliver_job *job, enum deliver_outcome outcome);

/* Puts the job back untried: due in `delay_ms`, no attempt spent. */
void deliver_job_put_back(struct deliver_job *job, uint64_t delay_ms);

/* Gives the job's event up: a dead letter, after a line in the log. */
void deliver_job_give_up(struct deliver_job *job, const char *why);

/* The job's subscription has failed too often: it is followed from now on,
 * and probed in job->delay_ms. */
void deliver_job_suspend(struct deliver_job *job, const char *why);

/* The job can't go on before Redis is back. */
void deliver_job_stall(struct deliver_job *job);

/* Called by the settler once the outcome is in Redis; and for an entry that
 * turns out to be another's, or done. */
void deliver_job_free(struct deliver_job *job);

/* Redis may be back: stalled jobs go on. */
void deliver_jobs_resume(struct deliver *d);

/* Frees a job at teardown; NULL is fine. */
void deliver_job_destroy(struct deliver_job *job);

/* Frees the jobs that are kept to be used again. */
void deliver_jobs_free_spare(struct deliver_claim *claim);

#endif
