/* tally.h - counts the subscriptions of a shard anew, and compares.
 *
 *   leaf after leaf of the index -> sums by host -> hash after hash -> done
 *
 * `counts` and `hosts:X` are kept by every script that makes or ends a
 * subscription; nobody else finds out when they are wrong.  What was counted holds
 * as long as no subscription has come or gone since, which the last step finds
 * out in Redis; where one has, nothing is known. */
#ifndef SPREADER_HEALTH_TALLY_H
#define SPREADER_HEALTH_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct event_base;
struct spread_tally;
struct wsub_store;

/* How many counts are wrong, or were; `changed`: nothing is known. */
typedef void spread_tally_cb(enum wsub_err err, bool changed, uint64_t wrong,
                             void *arg);

/* Both are borrowed, and outlive it. */
struct spread_tally *spread_tally_new(struct event_base *base,
                                      struct wsub_store *store);
/* After wsub_store_close(). */
void spread_tally_free(struct spread_tally *tally);

/* Counts, and sets right when `mend` says so.  Not while it runs. */
void spread_tally_start(struct spread_tally *tally, unsigned shard, bool mend,
                        spread_tally_cb *cb, void *arg);

#endif
