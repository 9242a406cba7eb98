/* credit.h - how many entries the spreader may hold at once.
 *
 *   read:  take credit -> claim -> give the credit back, hold what came
 *   later: release what is over
 *
 * A reader asks for credit for the same number of entries of each stream, of
 * which it may get less.  Pure. */
#ifndef SPREADER_CREDIT_H
#define SPREADER_CREDIT_H

#include <stddef.h>

struct spread_credit {
    size_t capacity; /* entries */
    size_t used;     /* entries held, and credit that readers have taken */
};

/* Returns for how many entries of each of `streams` streams there is credit, up
 * to `want`, and takes that. */
size_t spread_credit_take(struct spread_credit *credit, size_t want,
                          size_t streams);

/* Gives back what spread_credit_take() returned. */
void spread_credit_give_back(struct spread_credit *credit, size_t taken,
                             size_t streams);

/* An entry was claimed: it came of credit, so it is held in any case. */
void spread_credit_hold(struct spread_credit *credit);

/* Held entries are over. */
void spread_credit_release(struct spread_credit *credit, size_t entries);

#endif
