/* limits.h - requests that are refused for their number, not for what they are.
 *
 * Each limit is a setting.  What it refuses is told to the client (429 or 503
 * with Retry-After), counted (websubd_hub_limited_total by reason) and logged
 * (`request-limited`, a few lines of each reason in ten seconds). */
#ifndef HUB_LIMITS_H
#define HUB_LIMITS_H

#include <stdint.h>

#include "common/base/metrics.h"

struct wsub_http_request;

enum hub_limit {
    HUB_LIMIT_NONE,
    HUB_LIMIT_SUBSCRIBE_RATE,
    HUB_LIMIT_ANNOUNCE_RATE,
    HUB_LIMIT_PUBLISH_RATE, /* of a topic group */
    HUB_LIMIT_PENDING,
    HUB_LIMIT_PENDING_HOST,
    HUB_LIMIT_PENDING_CLIENT,
    HUB_LIMIT_SUBSCRIPTIONS,
    HUB_LIMIT_SUBSCRIPTIONS_HOST,
    HUB_LIMIT_SUBSCRIPTIONS_TOPIC,
    HUB_LIMIT_ANNOUNCED_HOST,
    HUB_LIMIT_MEMORY_SUBSCRIPTIONS,
    HUB_LIMIT_MEMORY_CONTENT,
    HUB_LIMIT_PULL_SUBSCRIPTIONS,
    HUB_LIMIT_STREAMS,
    HUB_LIMIT_WAITING,
    HUB_LIMIT_MAX_
};

/* By hub_limit; none for HUB_LIMIT_NONE. */
extern struct wsub_metric hub_limit_stats[HUB_LIMIT_MAX_ - 1];

/* Counts and logs it, adds Retry-After to the coming response and returns the
 * sentence to respond with.  `retry_after_s` of 0 stands for the limit's own;
 * `client` is its address as text, NULL when that does not matter. */
const char *hub_limit_note(struct wsub_http_request *req, enum hub_limit limit,
                           uint32_t retry_after_s, const char *client);

/* The same, and responds. */
void hub_limit_refuse(struct wsub_http_request *req, enum hub_limit limit,
                      uint32_t retry_after_s, const char *client);

#endif
