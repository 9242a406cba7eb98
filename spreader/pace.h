/* pace.h - what nobody waits for leaves Redis to those who do.
 *
 *   planned --due--> waits in the queue --the first--> run --over--> a pause
 *
 * The sweep and the expiry call scripts that take Redis a millisecond when there
 * is much to end.  Of all shards of the process one such call is under way at a
 * time, in the order in which they came due; after it there is none for four times
 * as long as its reply took, and for as many times that as there are processes
 * which do the same.  So all of them together take a fifth of Redis' time at most,
 * and less when Redis is busy, since replies take longer then; and nobody else's
 * command waits for more than one of them a process. */
#ifndef SPREADER_PACE_H
#define SPREADER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/timer.h"

struct event_base;
struct spread_pace;

/* Embedded in whatever has something to do for a shard now and then. */
struct spread_round {
    struct spread_pace *pace; /* borrowed */
    struct wsub_timer timer;
    bool waits; /* in the queue */
    TAILQ_ENTRY(spread_round) next;
    void (*run)(void *arg);
    void *arg;
};

/* `base` is borrowed, and outlives it. */
struct spread_pace *spread_pace_new(struct event_base *base);
/* After all rounds are done. */
void spread_pace_free(struct spread_pace *pace);

/* How many processes, this one too, do the same; 1 at first. */
void spread_pace_set_processes(struct spread_pace *pace, size_t processes);

/* `run` sends one call and is called again only after spread_round_over(). */
void spread_round_init(struct spread_round *round, struct spread_pace *pace,
                       void (*run)(void *arg), void *arg);
void spread_round_done(struct spread_round *round);

/* It is due in so long from now, whatever was planned before; nothing while it
 * waits in the queue.  Not while its call is under way. */
void spread_round_start_ms(struct spread_round *round, uint64_t ms);

/* It is not due.  A call that is under way goes on. */
void spread_round_stop(struct spread_round *round);

/* The call that `run` has sent is over; exactly once for each. */
void spread_round_over(struct spread_round *round);

#endif
