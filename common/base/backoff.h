/* backoff.h - when to try again.
 *
 * Exponential growth with a cap and jitter.  Pure: no clock, no random
 * source, no allocation.  The caller passes the random number in, so that a
 * test can name the exact result. */
#ifndef WSUB_BASE_BACKOFF_H
#define WSUB_BASE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct wsub_backoff {
    uint32_t base_ms;   /* delay after the first failure; at least 1 */
    uint32_t cap_ms;    /* no delay is longer than this */
    uint32_t max_tries; /* give up after so many failures; 0 means never */
};

/* Sets *ret_ms to the delay that follows the `failures`-th failure (counted
 * from 1), spread evenly over the upper half of the exponential curve.
 * Returns false, and leaves *ret_ms alone, when it is time to give up. */
bool wsub_backoff_next(const struct wsub_backoff *b, uint32_t failures,
                       uint32_t random, uint32_t *ret_ms);

#endif
