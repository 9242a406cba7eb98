/* cluster_events.h - what happens in the cluster: the stream
 * `P:{c}:CLUSTER_EVENTS_TOPIC`.
 *
 * Capped at about `cluster_events_kept`; an entry has a format version.  Scripts
 * of the cluster's slot append what they do themselves (lib/cluster_event.lua);
 * all else is told by wsub_cluster_event_tell().  What becomes of subscriptions
 * is written in their own slot, by the script that does it: the stream
 * `P:{N}:changes`, of the same format. */
#ifndef WSUB_STORE_CLUSTER_EVENTS_H
#define WSUB_STORE_CLUSTER_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisReply;
struct wsub_store;

enum wsub_cluster_event_kind {
    WSUB_EVENT_INSTANCE_REGISTERED,
    WSUB_EVENT_REGISTRATION_FAILED,
    WSUB_EVENT_INSTANCE_DEGRADED,
    WSUB_EVENT_INSTANCE_RECOVERED,
    WSUB_EVENT_INSTANCE_STOPPED,
    WSUB_EVENT_INSTANCE_REMOVED,
    WSUB_EVENT_RESTART_REQUESTED,
    WSUB_EVENT_LEADER_CHANGED,
    WSUB_EVENT_SHARD_CLAIMED,
    WSUB_EVENT_SHARD_LOST,
    WSUB_EVENT_BREAKER_OPENED,
    WSUB_EVENT_BREAKER_CLOSED,
    WSUB_EVENT_DELIVER_RESTARTED,
    WSUB_EVENT_SUBSCRIPTION_CREATED,
    WSUB_EVENT_SUBSCRIPTION_UPDATED,
    WSUB_EVENT_SUBSCRIPTION_DELETED,
    WSUB_EVENT_ALERT,
    WSUB_EVENT_CONFIG_CHANGED,
    WSUB_EVENT_MACHINE_ADDED,
    WSUB_EVENT_MACHINE_REMOVED,
    WSUB_EVENT_HEALTH_REQUESTED,
    WSUB_EVENT_HOST_ORDERED,
    WSUB_EVENT_KINDS,
    WSUB_EVENT_UNKNOWN = WSUB_EVENT_KINDS, /* of a later version */
};

/* "instance_registered" ... */
const char *wsub_cluster_event_name(enum wsub_cluster_event_kind kind);

/* Fields that mean nothing for the kind are NULL, 0, or -1 of `shard`.  Strings
 * are borrowed for the call. */
struct wsub_cluster_event {
    const char *id; /* in the stream; not used when it is told */
    enum wsub_cluster_event_kind kind;
    const char *instance;
    uint64_t incarnation;
    const char *role;
    int shard;
    uint64_t epoch;
    const char *detail;  /* a few words */
    const char *td, *cd; /* of a subscription, in `changes` only */
    const char *group;   /* id of a topic group */
    uint64_t version;    /* of the group */
};

/* Appends the event; one that can't be sent now is lost, as a look finds out
 * later what it says. */
void wsub_cluster_event_tell(struct wsub_store *store,
                             const struct wsub_cluster_event *event);

/* Reads one entry of the stream, or of `changes`.  The strings point into
 * `fields`.  False when it is of another version. */
bool wsub_cluster_event_read(const char *id, const struct redisReply *fields,
                             struct wsub_cluster_event *ret_event);

#endif
