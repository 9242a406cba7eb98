/* pressure.h - whether Redis has memory for what strangers send.
 *
 * Redis at `maxmemory` refuses every write that needs memory, also those that
 * would free some.  So the hub refuses before that, what can be done without
 * first: new subscriptions from refuse_subscriptions_percent of a shard's server
 * on, pushes and announcements from refuse_content_percent on; each until
 * HUB_PRESSURE_BACK percent less are used.  Deliveries, renewals,
 * unsubscriptions and all else go on.  Leases become shorter before that.
 *
 * The servers are looked at once a second, and whenever a hundredth of maxmemory
 * was accepted since; what comes meanwhile may pass a limit.  HUB_PRESSURE_BACK
 * keeps the hub from alternating.  A server without `maxmemory`, or one that does not tell, is
 * never near it: the log says so once. */
#ifndef HUB_PRESSURE_H
#define HUB_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"

#define HUB_PRESSURE_BACK 2

struct event_base;
struct hub_pressure;
struct wsub_policy;
struct wsub_store;

/* What is refused; each level refuses what the one before does. */
enum hub_pressure_level {
    HUB_PRESSURE_NORMAL,
    HUB_PRESSURE_SUBSCRIPTIONS,
    HUB_PRESSURE_CONTENT,
    HUB_PRESSURE_MAX_
};

/* Begins to look.  All outlive it. */
struct hub_pressure *hub_pressure_new(struct event_base *base,
                                      struct wsub_store *store,
                                      const struct wsub_config *config);
/* After wsub_store_close(), which ends what is on its way.  NULL is fine. */
void hub_pressure_free(struct hub_pressure *pressure);

/* Looks now: Redis can be reached again. */
void hub_pressure_look(struct hub_pressure *pressure);

/* So many bytes, about, were accepted: they will be in Redis. */
void hub_pressure_note(struct hub_pressure *pressure, size_t bytes);

/* Whether the shard takes no new subscriptions, or no new content, now. */
bool hub_pressure_refuses(const struct hub_pressure *pressure, unsigned shard,
                          enum hub_pressure_level what);

/* How much of its maxmemory the shard's server uses, up to 100; 0 without one. */
unsigned hub_pressure_percent(const struct hub_pressure *pressure,
                              unsigned shard);

/* What is refused in any shard, as a constant phrase; NULL when nothing is.
 * *ret_takes_content: new content is taken in all. */
const char *hub_pressure_effect(const struct hub_pressure *pressure,
                                bool *ret_takes_content);

/* The rule: the level of a server that uses `used_bytes` of `maxmemory_bytes` (0:
 * no limit); `before` is what the last look said. */
enum hub_pressure_level hub_pressure_rule(const struct wsub_config *config,
                                          enum hub_pressure_level before,
                                          uint64_t used_bytes,
                                          uint64_t maxmemory_bytes);

/* The lease that is given in place of `lease_s`: at most the policy's lease_max_s while
 * `percent` is 25 below refuse_subscriptions_percent, at most lease_min_s there,
 * evenly in between. */
uint64_t hub_pressure_lease(const struct wsub_config *config,
                            const struct wsub_policy *policy, unsigned percent,
                            uint64_t lease_s);

#endif
