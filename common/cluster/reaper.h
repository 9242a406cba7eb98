/* reaper.h - remove processes whose heartbeat is missing.
 *
 *   victims of a heartbeat -> bury -> leftovers -> buried -> the next victim
 *                               '- not ours to remove: the next victim
 *
 * One victim after the other.  While it is removed `bury` is repeated, which
 * keeps others away; should this process end, or stand still, another one goes
 * on once that lapses.  A process whose own heartbeat was late judges nobody for
 * two intervals, or 3 s: it stood still, or Redis was away, so those of others may have
 * had no chance either. */
#ifndef WSUB_CLUSTER_REAPER_H
#define WSUB_CLUSTER_REAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/store/instances.h"

struct event_base;
struct wsub_reaper;
struct wsub_store;

struct wsub_reaper_options {
    struct event_base *base;          /* borrowed; outlives the reaper */
    struct wsub_store *store;         /* borrowed; outlives the reaper */
    const struct wsub_config *config; /* borrowed; outlives the reaper */
    /* Who this process is by now. */
    struct wsub_instance_ref (*me)(void *arg);
    /* A process was removed, and so many of its claims were handed over. */
    void (*on_removed)(const struct wsub_victim *victim, uint64_t entries,
                       void *arg);
    void *arg;
};

struct wsub_reaper *wsub_reaper_new(const struct wsub_reaper_options *options);
/* After wsub_store_close().  What it was at, others finish. */
void wsub_reaper_free(struct wsub_reaper *reaper);

/* Looks at what a heartbeat has found; returns in how many ms the next heartbeat
 * is to be at the latest, so that a death is found in time. */
uint64_t wsub_reaper_look(struct wsub_reaper *reaper,
                          const struct wsub_beat *beat);

/* Begins with no further victim. */
void wsub_reaper_stop(struct wsub_reaper *reaper);

#endif
