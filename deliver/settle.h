/* settle.h - outcomes of jobs go to Redis, in batches.
 *
 *   ended -> open (waits for others of its bundle) -> ready -> sent -> settled
 *
 * One call of the settle script for each shard is on its way at a time; what
 * ends meanwhile goes with the next.  What was delivered waits for the others
 * of its bundle, 10 to 20 ms, and up to a millisecond for other bundles.
 * Other outcomes, which make work, wait for nothing and take those of their
 * bundle along; nor does anything wait for its bundle while jobs wait for
 * slots. */
#ifndef DELIVER_SETTLE_H
#define DELIVER_SETTLE_H

#include "deliver/bundle.h"

struct deliver_settler;
struct deliver_slots;
struct wsub_loop;

struct deliver_settler_options {
    struct wsub_loop *loop;            /* borrowed; outlives the settler */
    struct wsub_store *store;          /* borrowed; outlives the settler */
    const struct deliver_slots *slots; /* borrowed; outlives the settler */
    /* The outcome of the job is in Redis: it ends, with deliver_bundle_drop(),
     * during this call. */
    void (*on_settled)(struct deliver_job *job, void *arg);
    void *arg;
};

struct deliver_settler *
deliver_settler_new(const struct deliver_settler_options *options);
void deliver_settler_free(struct deliver_settler *settler);

/* Takes a job whose outcome is set, until on_settled. */
void deliver_settle(struct deliver_settler *settler, struct deliver_job *job);

#endif
