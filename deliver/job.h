/* job.h - one delivery: an event for a subscription, claimed from the outbox.
 *
 *   loading -> waiting -> loading -> sending -> settling -> gone
 *      |  '------------------------^    |          ^
 *      |       (host slot free)         '----------'  outcome
 *      '--> settling (nobody to deliver to; no room)
 *      '--> stalled (Redis went away) -> loading
 *
 * The subscription is read right before sending: a job that waited for its
 * host reads it again, so nothing is sent once an unsubscription is active
 * or the lease has ended.  When it has ended, a dotted topic's next level is
 * looked at: the same callback may be subscribed there, too. */
#ifndef DELIVER_JOB_H
#define DELIVER_JOB_H

#include <stdint.h>

#include <curl/curl.h>

#include <uthash.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/store/record.h"
#include "common/store/stream_reader.h"
#include "deliver/content.h"
#include "deliver/deliver.h"
#include "deliver/host.h"
#include "deliver/load.h"

#define DELIVER_ID_MAX 48 /* "MS-SEQ", each at most 20 digits */
#define DELIVER_HOLD_KEY_MAX (DELIVER_ID_MAX + 12)
#define DELIVER_JOB_HEADERS 5

enum deliver_job_state {
    JOB_LOADING,
    JOB_WAITING,
    JOB_SENDING,
    JOB_SETTLING,
    JOB_STALLED,
    JOB_STATE_MAX_
};

/* What became of a job; see settle.lua. */
enum deliver_outcome {
    DELIVER_DONE,
    DELIVER_GONE,
    DELIVER_LATER,
    DELIVER_DEAD,
};

struct deliver_job {
    struct deliver *d; /* borrowed; outlives the job */
    enum deliver_job_state state;
    unsigned shard;
    char entry_id[DELIVER_ID_MAX]; /* in the outbox */
    char event_id[DELIVER_ID_MAX];
    char cd[WSUB_DIGEST_LEN + 1];
    int level; /* of the event's topic that is subscribed to */
    char td[WSUB_DIGEST_LEN + 1];          /* of that level */
    uint32_t failures;                     /* attempts that failed so far */
    const struct deliver_content *content; /* a use of the cache's */
    struct deliver_content_wait wait;
    struct deliver_load load;
    struct deliver_ticket ticket;
    struct wsub_buf line;                    /* owned; the record */
    struct wsub_record record;               /* borrows from line */
    char signature[24 + WSUB_SIGNATURE_MAX]; /* header */
    struct curl_slist headers[DELIVER_JOB_HEADERS];
    enum deliver_outcome outcome;
    uint64_t delay_ms;             /* DELIVER_LATER */
    char why[128];                 /* DELIVER_DEAD */
    TAILQ_ENTRY(deliver_job) next; /* settling or stalled */
    UT_hash_handle hh;             /* held jobs by hold_key */
    char hold_key[DELIVER_HOLD_KEY_MAX];
};

TAILQ_HEAD(deliver_job_list, deliver_job);

#define DELIVER_TARGET_MAX (WSUB_DIGEST_LEN + 12)

/* Writes the job's `c` (docs/PROTOCOL.md): "CD", "CD:LEVEL" or "CD:*". */
void deliver_job_target(const struct deliver_job *job,
                        char ret_text[DELIVER_TARGET_MAX]);

/* Takes a claimed entry of the outbox; its slot is given back by
 * deliver_claim_release() once the outcome is in Redis. */
void deliver_job_start(struct deliver *d,
                       const struct wsub_stream_entry *entry);

/* Ends the job with an outcome, which goes to the settler. */
void deliver_job_settle(struct deliver_job *job, enum deliver_outcome outcome);

/* Puts the job back untried: due in `delay_ms`, no attempt spent. */
void deliver_job_park(struct deliver_job *job, uint64_t delay_ms);

/* Called by the settler once the outcome is in Redis. */
void deliver_job_free(struct deliver_job *job);

/* Redis may be back: stalled jobs go on. */
void deliver_jobs_resume(struct deliver *d);

/* Drops every job at teardown; others take the entries over. */
void deliver_jobs_abandon(struct deliver *d);

#endif
