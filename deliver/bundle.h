/* bundle.h - an entry of a lane: some jobs of one event, or one job.
 *
 *   entry -> a job for each target -> outcomes -> settled, at once or in parts
 *        '-> taken over, of several jobs: taken apart (split.lua)
 *
 * What an entry costs Redis and this process is shared by its jobs: it is
 * claimed once and, as a rule, settled once.  Where some of its jobs take long
 * the others are settled as a part, so that their slots are free and a crash
 * repeats little.  A bundle that another process left behind comes back as
 * entries of one job each: only of those can be told which of them ends
 * processes (suspect.h). */
#ifndef DELIVER_BUNDLE_H
#define DELIVER_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/crypto/digest.h"
#include "deliver/job.h"

#define DELIVER_BUNDLE_MAX 16 /* jobs; page.lua has the same number */

/* Where the settler has a bundle. */
enum deliver_bundle_place {
    BUNDLE_NOWHERE, /* none of its jobs has an outcome to be stored */
    BUNDLE_OPEN,    /* some have, which wait for the others */
    BUNDLE_RIPE,    /* to be sent */
    BUNDLE_SENT,
};

struct deliver_bundle {
    struct deliver *d; /* borrowed; outlives the bundle */
    unsigned shard;
    enum deliver_lane lane;
    char entry_id[DELIVER_ID_MAX]; /* in the lane */
    bool taken_over;               /* and its crash count is in Redis */
    uint64_t claimed_ms;           /* or renewed since; our clock */
    unsigned count;                /* jobs that it came with */
    unsigned left;                 /* that are not settled */
    unsigned running;              /* of them, without an outcome */
    struct deliver_job *jobs[DELIVER_BUNDLE_MAX]; /* owned; NULL: settled */

    enum deliver_bundle_place place;
    struct deliver_job_list ended; /* with an outcome that is to be sent */
    unsigned ended_count;
    bool urgent;                  /* one of them has others waiting for it */
    struct deliver_job_list sent; /* in the call on its way, or unanswered */
    uint64_t since_us;            /* the first of `ended` */
    TAILQ_ENTRY(deliver_bundle) next;

    UT_hash_handle hh; /* held bundles by hold_key */
    char hold_key[DELIVER_HOLD_KEY_MAX];
};

TAILQ_HEAD(deliver_bundle_list, deliver_bundle);

/* Takes a claimed entry of a lane and starts its jobs, as slots allow. */
void deliver_bundle_start(struct deliver *d, enum deliver_lane lane,
                          const struct wsub_stream_entry *entry);

/* One of its jobs is over; the last one frees the bundle. */
void deliver_bundle_drop(struct deliver_bundle *bundle,
                         const struct deliver_job *job);

/* Drops every bundle and job at teardown; others take the entries over. */
void deliver_bundles_abandon(struct deliver *d);

#endif
