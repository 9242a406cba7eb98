/* fanout.h - from an event to its jobs, page by page.
 *
 *   open -> page -> page ... -> finished
 *             |--> stalled (Redis went away) -> page
 *             '--> full (deliver has enough for now) -> page
 *
 * The events of a shard take turns, one page each, so a topic with a million
 * subscriptions does not hold up one with a single one.  One page a shard is
 * on its way at a time.  Everything that must survive is in Redis: the cursor
 * of an event moves with its jobs (page.lua). */
#ifndef SPREADER_FANOUT_H
#define SPREADER_FANOUT_H

#include <stdbool.h>

struct spreader;
struct spread_fanout;
struct wsub_stream_entry;

struct spread_fanout *spread_fanout_new(struct spreader *s);
void spread_fanout_free(struct spread_fanout *fanout);

/* Takes a claimed entry of `log` that has passed spread_check_event();
 * spread_intake_release() is called once the event is finished. */
void spread_fanout_start(struct spread_fanout *fanout,
                         const struct wsub_stream_entry *entry);

/* True when no event is open, or none can go on before deliver has made room:
 * a process that ends leaves those to the next. */
bool spread_fanout_idle(const struct spread_fanout *fanout);

/* True when a draining process need not go on: no event is open, or all of
 * them wait for room in `bulk`. */
bool spread_fanout_may_end(const struct spread_fanout *fanout);

#endif
