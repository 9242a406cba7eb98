/* crashes.h - suspected poison jobs: entries that another process left behind,
 * one of which may have ended it.
 *
 *   taken over -> count 1 --------------------------> goes on as usual
 *              '> count 2 or more -> waits -> the first alone, count + 1
 *              |                          '-> then 2, 4 ... at a time
 *              '> over the crash limit ---------------> goes on: dead letter
 *
 * The first time all that a process held is suspected, and goes on at once.
 * What is taken over again goes on in its order: the first one alone, and its
 * count goes up just before; while nothing happens, more and more at a time.
 * A crash among several is charged to none of them, but those before the
 * poison job are done by then, so that after each crash it is nearer to being
 * the first.  The counts are in Redis (`crashes`); what goes back to `retry`
 * takes only those along for which it was alone. */
#ifndef DELIVER_CRASHES_H
#define DELIVER_CRASHES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/store/claims.h"

struct deliver_crashes;
struct event_base;
struct wsub_store;

/* Embedded in whatever was taken over; zeroed at first. */
struct deliver_crash_check {
    /* It may go on: to be sent, or given up when it is over the limit. */
    void (*on_go)(struct deliver_crash_check *check);
    /* The entry is not pending any more: somebody else has settled it. */
    void (*on_settled_elsewhere)(struct deliver_crash_check *check);
    unsigned shard;
    struct wsub_claim claim; /* its entry; borrowed until on_go */
    /* Processes that it ended for certain before it came back by `retry`. */
    uint32_t before;
    uint32_t counted; /* that ended while they held this entry; 0 until known */
    bool is_watched;  /* the next ones wait for it to be over */
    TAILQ_ENTRY(deliver_crash_check) next;
};

/* Both outlive the crashes.  From `limit` on a job is over the limit. */
struct deliver_crashes *deliver_crashes_new(struct event_base *base,
                                            struct wsub_store *store,
                                            uint32_t limit);
/* Whoever waits is not told. */
void deliver_crashes_free(struct deliver_crashes *crashes);

/* Counts a crash of the entry, together with those of the others of this turn
 * of the loop; one callback is called, later. */
void deliver_crashes_check(struct deliver_crashes *crashes,
                           struct deliver_crash_check *check);

/* What was checked is over: others that wait may go on. */
void deliver_crashes_over(struct deliver_crashes *crashes,
                          struct deliver_crash_check *check);

/* How many processes have ended while they held the job, and whether those are
 * too many. */
uint32_t deliver_crashes_count(const struct deliver_crash_check *check);
bool deliver_crashes_over_limit(const struct deliver_crashes *crashes,
                                const struct deliver_crash_check *check);

/* The crashes that the job takes along to its next attempt. */
uint32_t deliver_crashes_certain(const struct deliver_crash_check *check);

#endif
