/* tally.h - what this process counts, added to the sums of all
 * (common/store/sums.h) each 5 s.
 *
 * Nothing is counted for it: it takes the difference of the metrics that there
 * are.  While Redis is away it waits, and what was counted meanwhile is in the sum
 * of the moment in which Redis is back. */
#ifndef WSUB_PROGRAM_TALLY_H
#define WSUB_PROGRAM_TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/metrics.h"
#include "common/store/sums.h"

struct event_base;
struct wsub_store;
struct wsub_tally;

/* Rows of one sum may be several. */
struct wsub_tally_count {
    enum wsub_sum sum;
    const struct wsub_metric *row; /* outlives the tally */
};

struct wsub_tally_options {
    struct event_base *base;  /* borrowed; outlives it */
    struct wsub_store *store; /* borrowed; closed before it is freed */
    const struct wsub_tally_count *counts; /* const; of `count` rows */
    size_t count;
    /* Rows of delays, with wsub_buckets_wait; outlive the tally. */
    const struct wsub_histogram *delays;
    size_t delay_count;
    /* What waits of all this process knows of; false: it can't tell now.  NULL:
     * never. */
    bool (*waiting)(void *arg, struct wsub_sums_waiting *ret_waiting);
    void *arg; /* borrowed; given to waiting */
};

struct wsub_tally *wsub_tally_new(const struct wsub_tally_options *options);
/* NULL is fine. */
void wsub_tally_free(struct wsub_tally *tally);

/* Adds what was counted so far: before the process ends. */
void wsub_tally_now(struct wsub_tally *tally);

#endif
