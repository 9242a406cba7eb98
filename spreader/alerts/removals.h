/* removals.h - processes that died lately.
 *
 * A dead process leaves the registry within seconds, so only the cluster event tells
 * of it.  Every spreader remembers it, for whoever is the coordinator then.  It is
 * over when a process of that name registers, when as many of its role live as
 * before, or after an hour. */
#ifndef SPREADER_ALERTS_REMOVALS_H
#define SPREADER_ALERTS_REMOVALS_H

#include <stddef.h>
#include <stdint.h>

#include "spreader/alerts/rules.h"

#define SPREAD_REMOVALS_MAX 100 /* the oldest is forgotten for a newer one */

struct wsub_cluster_event;

struct spread_removal {
    char *name; /* owned */
    size_t role;
    uint64_t at_ms; /* our clock */
    uint64_t
        live_then; /* of its role, as of the last survey; itself included */
};

/* Zeroed at first. */
struct spread_removals {
    struct spread_removal list[SPREAD_REMOVALS_MAX];
    size_t count;
    uint64_t live[SPREAD_ROLES]; /* as of the last survey; 0: there was none */
};

void spread_removals_done(struct spread_removals *removals);

/* A cluster event of any kind. */
void spread_removals_event(struct spread_removals *removals,
                           const struct wsub_cluster_event *event,
                           uint64_t now_ms);

/* So many of each role live: forgets what is over by that. */
void spread_removals_seen(struct spread_removals *removals,
                          const uint64_t live[SPREAD_ROLES], uint64_t now_ms);

#endif
