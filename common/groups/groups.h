/* groups.h - the topic groups that this process has applied.
 *
 *   stored (common/store/groups.h) --event, watch, poll, miss--> apply --> find
 *
 * There is one way for a change to come in, and it is idempotent: a version that
 * is not greater than the applied one is ignored (`ignored-stale`).  What brings
 * it is a cluster event at once, a look at the stored revision each 10 s, all of
 * them hourly, or the first use.  The line `config-applied group=... version=...
 * source=event|watch|poll|miss` tells of each.
 *
 * Until the groups were read for the first time nobody may decide anything by
 * them: wsub_groups_ready(). */
#ifndef WSUB_GROUPS_GROUPS_H
#define WSUB_GROUPS_GROUPS_H

#include <stdbool.h>

#include "common/groups/policy.h"

struct event_base;
struct wsub_cluster_event;
struct wsub_config;
struct wsub_groups;
struct wsub_store;

struct wsub_groups_options {
    struct event_base *base;          /* borrowed; outlives the groups */
    struct wsub_store *store;         /* borrowed; outlives the groups */
    const struct wsub_config *config; /* borrowed; outlives the groups */

    /* May be NULL, as on_ready.  A group has another version now; `prefix` is
     * whose topics are to be evaluated anew.  Called once a change. */
    void (*on_changed)(const struct wsub_policy *policy, const char *prefix,
                       void *arg);
    /* The groups were read for the first time. */
    void (*on_ready)(void *arg);
    void *arg;
};

struct wsub_groups *wsub_groups_new(const struct wsub_groups_options *options);
/* After wsub_store_close().  NULL is fine. */
void wsub_groups_free(struct wsub_groups *groups);

/* The store is up again: call it from on_up of the store. */
void wsub_groups_redis_up(struct wsub_groups *groups);

/* A cluster event of somebody: looks at once where it tells of a group. */
void wsub_groups_event(struct wsub_groups *groups,
                       const struct wsub_cluster_event *event);

bool wsub_groups_ready(const struct wsub_groups *groups);

/* The policy of a topic in normal spelling: that of the group with the longest
 * prefix, or that of the settings.  One lookup in memory, never NULL.  Valid
 * until the loop goes round. */
const struct wsub_policy *wsub_groups_find(const struct wsub_groups *groups,
                                           const char *topic);

#endif
