/* bundle.h - entries of lanes that this process holds, and their jobs.
 *
 *   entry -> a job for each target -> outcomes -> settled, at once or in parts
 *
 * What an entry costs Redis and this process is shared by its jobs: it is
 * claimed once and, as a rule, settled once.  Where some of its jobs take long
 * the others are settled as a part, so that their slots are free and a crash
 * repeats little.
 *
 * A job is what its entry says and what became of it; the delivery that it is
 * embedded in (delivery.h) is nothing that this knows. */
#ifndef DELIVER_BUNDLE_H
#define DELIVER_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/crypto/digest.h"
#include "common/store/claims.h"
#include "common/store/settlement.h"
#include "deliver/lane_entry.h"

#define DELIVER_HOLD_KEY_MAX (WSUB_ENTRY_ID_BYTES + 20)

struct deliver_bundle;
struct deliver_bundles;

/* Zeroed, then deliver_bundle_add(). */
struct deliver_job {
    struct deliver_bundle *bundle;      /* borrowed; outlives the job */
    unsigned position;                  /* among the bundle's jobs */
    char event_id[WSUB_ENTRY_ID_BYTES]; /* "" until a cursor job has found it */
    char cd[WSUB_DIGEST_LEN + 1];
    int level;      /* of the event's topic that is subscribed to */
    bool is_replay; /* an operator wants it again */
    bool is_test;   /* of a test event, for this subscription only */
    char td[WSUB_DIGEST_LEN + 1]; /* of that level; "" while not known */
    uint32_t failures;            /* attempts that failed so far */
    bool retried;                 /* it came from `retry` */
    uint32_t held; /* how often what it needs could not be interpreted */

    /* What became of it, as far as that outcome tells (settlement.h). */
    enum wsub_outcome outcome;
    uint64_t delay_ms;
    uint64_t generation;
    uint32_t crashes;
    bool lost;            /* the event of a cursor job had left */
    bool began;           /* it is the one that suspended its subscription */
    const char *topic;    /* borrowed until it is settled */
    const char *callback; /* borrowed until it is settled */
    const char *host;     /* borrowed until it is settled */
    char why[128];
    TAILQ_ENTRY(deliver_job) next; /* in `ended` or `sent` */
};

TAILQ_HEAD(deliver_job_list, deliver_job);

/* Where a bundle is on its way to Redis (settle.h). */
enum deliver_bundle_place {
    BUNDLE_NOWHERE, /* none of its jobs has an outcome to be stored */
    BUNDLE_OPEN,    /* some have, which wait for the others */
    BUNDLE_READY,   /* to be sent */
    BUNDLE_SENT,
};

struct deliver_bundle {
    struct deliver_bundles *bundles; /* borrowed; outlives the bundle */
    unsigned shard;
    enum deliver_lane lane;
    char entry_id[WSUB_ENTRY_ID_BYTES]; /* in the lane */
    bool taken_over;                    /* and its crash count is in Redis */
    uint64_t claimed_ms;                /* or renewed since; our clock */

    bool is_cursor; /* its only job is a cursor job */
    char cursor_td[WSUB_DIGEST_LEN + 1];
    uint64_t cursor_number;

    unsigned count;                               /* jobs that it came with */
    struct deliver_job *jobs[DELIVER_BUNDLE_MAX]; /* borrowed; NULL: settled */
    uint16_t left;    /* mask of the jobs that are not settled */
    unsigned running; /* of them, without an outcome */

    /* settle.c's own: */
    enum deliver_bundle_place place;
    struct deliver_job_list ended; /* with an outcome that is to be sent */
    unsigned ended_count;
    bool urgent;                  /* one of them has others waiting for it */
    struct deliver_job_list sent; /* in the call on its way */
    uint64_t since_us;            /* the first of `ended` */
    TAILQ_ENTRY(deliver_bundle) next;

    UT_hash_handle hh; /* held bundles by hold_key */
    char hold_key[DELIVER_HOLD_KEY_MAX];
};

struct deliver_bundles_options {
    struct wsub_store *store;  /* borrowed; outlives the bundles */
    const char *consumer;      /* borrowed; outlives the bundles */
    uint32_t takeover_idle_ms; /* others take over what is held for longer */
};

struct deliver_bundles *
deliver_bundles_new(const struct deliver_bundles_options *options);
/* Drops every bundle, but not the jobs; others take the entries over. */
void deliver_bundles_free(struct deliver_bundles *bundles);

size_t deliver_bundles_count(const struct deliver_bundles *bundles);

/* Whether the entry is held. */
bool deliver_bundles_have(const struct deliver_bundles *bundles,
                          enum deliver_lane lane, unsigned shard,
                          const char *entry_id);

/* Holds an entry, without jobs as yet. */
struct deliver_bundle *deliver_bundle_new(struct deliver_bundles *bundles,
                                          enum deliver_lane lane,
                                          unsigned shard, const char *entry_id,
                                          bool taken_over);

/* Gives the bundle another job. */
void deliver_bundle_add(struct deliver_bundle *bundle, struct deliver_job *job);

/* The job is over; the last one frees the bundle. */
void deliver_bundle_drop(struct deliver_job *job);

/* Its entry; valid as long as the bundle. */
struct wsub_claim deliver_bundle_claim(const struct deliver_bundle *bundle);

/* Calls `call` for every job that is held, of any bundle, until it returns
 * true; returns whether it did.  `call` must not end jobs. */
bool deliver_bundles_any(const struct deliver_bundles *bundles,
                         bool (*call)(const struct deliver_job *job,
                                      const void *arg),
                         const void *arg);

/* Keeps what is held for long, because Redis was away or the host is slow, from
 * being taken over; called every tick. */
void deliver_bundles_renew(struct deliver_bundles *bundles);

#endif
