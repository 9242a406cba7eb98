/* pressure.h - whether Redis has room for new content.
 *
 * Redis at `maxmemory` refuses every write that needs memory, also those that
 * would free some.  So the hub refuses content before that: once a shard's
 * server has used HUB_PRESSURE_BEGIN percent of its `maxmemory`, until it is
 * below HUB_PRESSURE_END.  Subscribing, delivering and all else go on.
 *
 * The servers are looked at once a second, so content that comes within a
 * second may pass the first limit; the second one keeps the hub from
 * alternating.  A server without `maxmemory`, or one that does not tell, is
 * never near it. */
#ifndef HUB_PRESSURE_H
#define HUB_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#define HUB_PRESSURE_BEGIN 85
#define HUB_PRESSURE_END 83

struct event_base;
struct hub_pressure;
struct wsub_store;

/* Begins to look.  `base` and `store` outlive it. */
struct hub_pressure *hub_pressure_new(struct event_base *base,
                                      struct wsub_store *store);
/* After wsub_store_close(), which ends what is on its way.  NULL is fine. */
void hub_pressure_free(struct hub_pressure *pressure);

/* Looks now: Redis can be reached again. */
void hub_pressure_look(struct hub_pressure *pressure);

/* Whether the shard takes no new content now. */
bool hub_pressure_is_high(const struct hub_pressure *pressure, unsigned shard);

/* The rule: whether a server that uses `used_bytes` of `maxmemory_bytes` (0: no
 * limit) is near its limit; `before` is what the last look said. */
bool hub_pressure_rule(bool before, uint64_t used_bytes,
                       uint64_t maxmemory_bytes);

#endif
