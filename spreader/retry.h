/* retry.h - when a topic that failed is fetched again.
 *
 * The backoff of deliveries, max_attempts times.  Pure. */
#ifndef SPREADER_RETRY_H
#define SPREADER_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct wsub_config;

/* Sets *ret_delay_ms to the pause after the `failures`-th failure in a row
 * (counted from 1), which `random` spreads.  Returns false, and leaves
 * *ret_delay_ms alone, when that was the last attempt. */
bool spread_retry_plan(const struct wsub_config *config, uint32_t failures,
                       uint32_t random, uint32_t *ret_delay_ms);

/* A delay that others have asked for, no longer than retry_cap_ms. */
uint32_t spread_retry_cap(const struct wsub_config *config, uint64_t delay_ms);

#endif
