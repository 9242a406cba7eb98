/* mismatches.h - tells that the coordinator was in doubt (leader-mismatch).
 *
 *   counted by coordinator.h --> a condition in Redis, said again and again for
 *                                some minutes (common/store/alerts.h)
 *
 * Each spreader tells what it has counted itself, the coordinator or not: mostly it
 * is one that is the coordinator no more.  It may have been counted while Redis was
 * away, so it is told once Redis is up. */
#ifndef SPREADER_ALERTS_MISMATCHES_H
#define SPREADER_ALERTS_MISMATCHES_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct spread_mismatches;
struct wsub_store;

/* What has been counted, and when that was told.  Zeroed at first. */
struct spread_mismatch {
    uint64_t counted;
    uint64_t at_ms;   /* the last one; our clock; 0: none lately */
    uint64_t said_ms; /* our clock; 0: not yet */
};

/* So many are counted by now. */
void spread_mismatch_note(struct spread_mismatch *mismatch, uint64_t counted,
                          uint64_t now_ms);

/* Whether it is to be said now; then it counts as said. */
bool spread_mismatch_due(struct spread_mismatch *mismatch, uint64_t now_ms);

/* Both are borrowed and outlive it. */
struct spread_mismatches *spread_mismatches_new(struct event_base *base,
                                                struct wsub_store *store);
/* After wsub_store_close().  NULL is fine. */
void spread_mismatches_free(struct spread_mismatches *mismatches);

#endif
