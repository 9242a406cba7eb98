/* pressure.h - whether Redis has room for new content.
 *
 * Redis at `maxmemory` refuses every write that needs memory, those that bring
 * it down again included.  So content is refused before that: once a shard's
 * server has used HUB_PRESSURE_BEGIN percent of its `maxmemory`, until it is
 * below HUB_PRESSURE_END.  Subscribing, delivering and all else go on.
 *
 * The servers are asked once a second, so what comes within a second may pass
 * the first limit; the second one keeps answers from alternating.  A server
 * without `maxmemory`, or one that does not tell, is never near it. */
#ifndef HUB_PRESSURE_H
#define HUB_PRESSURE_H

#include <stdbool.h>

#define HUB_PRESSURE_BEGIN 85
#define HUB_PRESSURE_END 83

struct hub;
struct hub_pressure;

/* Starts to ask. */
struct hub_pressure *hub_pressure_new(struct hub *hub);
/* After wsub_store_close(), which answers what was asked.  NULL is fine. */
void hub_pressure_free(struct hub_pressure *pressure);

/* Asks now: Redis can be reached again. */
void hub_pressure_look(struct hub_pressure *pressure);

/* Whether the shard takes no new content now. */
bool hub_pressure_is_high(const struct hub_pressure *pressure, unsigned shard);

#endif
