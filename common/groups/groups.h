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
#include "common/groups/table.h"
#include "common/http/status.h"

struct event_base;
struct wsub_cluster_event;
struct wsub_config;
struct wsub_groups;
struct wsub_store;

/* What brought a version. */
enum wsub_groups_source {
    WSUB_GROUPS_EVENT,
    WSUB_GROUPS_WATCH,
    WSUB_GROUPS_POLL,
    WSUB_GROUPS_MISS, /* the first use, or the first read of all */
};

struct wsub_groups_options {
    struct event_base *base;          /* borrowed; outlives the groups */
    struct wsub_store *store;         /* borrowed; outlives the groups */
    const struct wsub_config *config; /* borrowed; outlives the groups */

    /* May be NULL, as on_ready.  A group has another version now; `prefix` is
     * whose topics are to be evaluated anew; `policy` is what holds for it now.
     * Called once a change, and once for each group at the first read; valid during
     * the call. */
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

/* A cluster event of somebody: looks at once where it tells of a group.  NULL is
 * fine, and none. */
void wsub_groups_event(struct wsub_groups *groups,
                       const struct wsub_cluster_event *event);

bool wsub_groups_ready(const struct wsub_groups *groups);

/* For /readyz: the same; writes why not. */
bool wsub_groups_ready_why(const struct wsub_groups *groups,
                           char reason[WSUB_STATUS_REASON_BYTES]);

/* The policy of a topic in normal spelling: that of the group with the longest
 * prefix, or that of the settings.  One lookup in memory, never NULL.  Valid
 * until the loop goes round. */
const struct wsub_policy *wsub_groups_find(const struct wsub_groups *groups,
                                           const char *topic);

/* Looks at once: cluster events may have been missed. */
void wsub_groups_look(struct wsub_groups *groups);

/* The rest is for the admin API and the registry of record. */

/* Applies a record of the group `id` that came some other way. */
void wsub_groups_take(struct wsub_groups *groups, const char *id,
                      const char *record, enum wsub_groups_source source);

/* The applied version of a group; 0 when it is not known. */
uint64_t wsub_groups_version(const struct wsub_groups *groups, const char *id);

/* When the revisions began that the process has read; changes when Redis was
 * emptied. */
const char *wsub_groups_born(const struct wsub_groups *groups);

/* What is applied, for questions about more than one group (table.h). */
const struct wsub_group_table *
wsub_groups_table(const struct wsub_groups *groups);

#endif
