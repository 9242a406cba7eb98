/* fetch_limits.h - how many requests to publishers the process has at once. */
#ifndef SPREADER_FETCH_LIMITS_H
#define SPREADER_FETCH_LIMITS_H

#include <stdint.h>

struct wsub_config;

/* Fetches under way at once, each with up to max_body_bytes in memory. */
#define SPREAD_FETCHES_MAX 256

/* All requests that the client sends at once.  Those under way, and those that
 * linger, are never more: what it kept waiting would wait for those that hang. */
uint32_t spread_requests_max(const struct wsub_config *config);

/* Those under way. */
uint32_t spread_fetches_max(const struct wsub_config *config);

#endif
