/* fanout.h - from an event to its jobs, page by page.
 *
 *   start -> page -> page ... -> finished: on_done
 *              '--> paused: deliver has enough for now, or earlier events have
 *                   to begin first
 *
 * One page a shard is on its way at a time; order.h says whose.  Everything
 * that must survive is in Redis: the cursor of an event moves with its jobs. */
#ifndef SPREADER_FANOUT_H
#define SPREADER_FANOUT_H

#include <stdbool.h>
#include <stddef.h>

struct spread_fanout;
struct wsub_config;
struct wsub_loop;
struct wsub_store;
struct wsub_stream_entry;

/* All pointers are borrowed, and outlive the fan-out. */
struct spread_fanout_options {
    struct wsub_loop *loop;
    struct wsub_store *store;
    const struct wsub_config *config;
    void (*on_progress)(void *arg); /* Redis has dealt with a page */
    void (*on_done)(size_t entries, void *arg); /* they are over */
    void (*on_idle)(void *arg); /* spread_fanout_idle() has become true */
    void *arg;
};

struct spread_fanout *
spread_fanout_new(const struct spread_fanout_options *options);
/* The store is closed before. */
void spread_fanout_free(struct spread_fanout *fanout);

/* Takes a claimed entry of `log` that has passed spread_check_event().  One
 * that is already held, and was taken over from ourselves, is over at once. */
void spread_fanout_start(struct spread_fanout *fanout,
                         const struct wsub_stream_entry *entry);

/* True when no event is open, or all of them wait for others.  A process that
 * ends leaves those to the next one, which goes on at the cursor. */
bool spread_fanout_idle(const struct spread_fanout *fanout);

#endif
