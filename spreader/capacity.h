/* capacity.h - how many requests to publishers a spreader has under way.
 *
 * Of the fetches, each with up to max_body_bytes in memory, those for subscribe
 * requests, which are of strangers, have a quarter; hosts without a recent good
 * response at most a half.  Requests to publishers that have not responded for a
 * second linger beside them.  Pure. */
#ifndef SPREAD_CAPACITY_H
#define SPREAD_CAPACITY_H

#include <stdint.h>

#include "common/base/config.h"

#define SPREAD_FETCHES_MAX 256
#define SPREAD_VALIDATIONS_SHARE 4
#define SPREAD_UNPROVEN_SHARE 2

/* All requests that the client sends at once.  Those under way, and those that
 * linger, are never more: what it kept waiting would wait for those that hang. */
uint32_t spread_requests_max(const struct wsub_config *config);

/* Of these the fetches under way. */
uint32_t spread_fetches_max(const struct wsub_config *config);

#endif
