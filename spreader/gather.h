/* gather.h - what is to be said to Redis of topics is gathered, by shards, so that
 * several share a call.
 *
 *   added -> ready -> sent, as a list -> over
 *
 * One call of a shard is on its way at a time; what is added meanwhile goes with
 * the next.  Else what is ready is sent at the end of this round of the loop; or
 * it waits a little for others, while more of those are expected than are ready.
 * What is added is taken back by being sent only: who has lost interest in it by
 * then drops it. */
#ifndef SPREADER_GATHER_H
#define SPREADER_GATHER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct spread_gather;

/* Embedded in what is gathered; for gather.c. */
struct spread_gathered {
    size_t bytes;
    TAILQ_ENTRY(spread_gathered) next;
};

TAILQ_HEAD(spread_gathered_list, spread_gathered);

struct spread_gather_options {
    struct event_base *base; /* borrowed; outlives it */
    unsigned shards;
    size_t most;      /* in one call */
    size_t bytes_max; /* in one call, but for the one that exceeds it */
    uint64_t wait_us; /* for others, at most */
    /* The list is the caller's, who says spread_gather_over() once the call is
     * over, maybe during this. */
    void (*send)(unsigned shard, struct spread_gathered_list *list, void *arg);
    void *arg; /* borrowed */
};

struct spread_gather *
spread_gather_new(const struct spread_gather_options *options);
void spread_gather_free(struct spread_gather *gather);

/* Adds what a call says with so many bytes; `expected` others may be added
 * soon. */
void spread_gather_add(struct spread_gather *gather, unsigned shard,
                       struct spread_gathered *one, size_t bytes,
                       size_t expected);

/* Sends what is ready at once, unless a call of the shard is on its way. */
void spread_gather_flush(struct spread_gather *gather, unsigned shard);

/* The shard's call is over. */
void spread_gather_over(struct spread_gather *gather, unsigned shard);

#endif
