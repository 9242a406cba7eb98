/* member.h - this process as one of the cluster.
 *
 *   start -> heartbeat -> register -> read back -> registered -> leave
 *
 * Every program has one.  It registers the process and keeps it registered
 * (registry.h), buries the dead (reaper.h), and reads the cluster events
 * (listener.h). */
#ifndef WSUB_CLUSTER_MEMBER_H
#define WSUB_CLUSTER_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/cluster/registry.h"
#include "common/http/status.h"
#include "common/store/owners.h"

struct event_base;
struct wsub_cluster_event;
struct wsub_member;
struct wsub_store;

struct wsub_member_options {
    struct event_base *base;          /* borrowed; outlives the member */
    struct wsub_store *store;         /* borrowed; outlives the member */
    const struct wsub_config *config; /* borrowed; outlives the member */
    enum wsub_program program;

    /* May be NULL, as those below but on_refused.  Registered and verified, for the
     * first time, or under a new incarnation after the process was taken for
     * dead.  What the life before held is free by then: nothing is anybody's
     * that this process might take for its own. */
    void (*on_registered)(void *arg);

    /* The process may not go on: the sentence says why.  Its name is another's by
     * now, or Redis refused its first registration. */
    void (*on_refused)(const char *sentence, void *arg);

    /* An operator wants the process to drain and to execute itself again. */
    void (*on_restart)(void *arg);

    /* A cluster event of somebody, or the number of live spreaders has changed
     * (then `event` is NULL). */
    void (*on_event)(const struct wsub_cluster_event *event, void *arg);
    /* Events are read from now on, or some were missed: what they would have told is
     * to be looked for. */
    void (*on_missed)(void *arg);
    void *arg;
};

struct wsub_member *wsub_member_new(const struct wsub_member_options *options);
/* After wsub_store_close().  NULL is fine. */
void wsub_member_free(struct wsub_member *member);

/* Begins to register, with these addresses (copied). */
void wsub_member_start(struct wsub_member *member,
                       const struct wsub_registry_addresses *addresses);

/* The store is up again: call it from on_up of the store. */
void wsub_member_redis_up(struct wsub_member *member);

/* For /readyz: false until the registration is verified; writes why. */
bool wsub_member_ready(const struct wsub_member *member,
                       char reason[WSUB_STATUS_REASON_BYTES]);

/* True while the last heartbeat that Redis has confirmed is younger than
 * heartbeat_timeout_ms: nobody has taken this process for dead, so it may claim
 * work.  False before on_registered. */
bool wsub_member_alive(const struct wsub_member *member);

/* Name and incarnation, once registered. */
struct wsub_instance_ref wsub_member_ref(const struct wsub_member *member);

/* "NAME:INCARNATION", the consumer of the group `deliver`; "" before the first
 * registration.  Always the same memory, which outlives on_registered: then the
 * text changes. */
const char *wsub_member_consumer(const struct wsub_member *member);

/* Live spreaders by the last heartbeat, this one included once registered. */
size_t wsub_member_spreaders(const struct wsub_member *member);

/* Whether any spreader, or deliver, lives, by the last heartbeat. */
bool wsub_member_lives(const struct wsub_member *member,
                       enum wsub_program program);

/* The process ends: removes record and heartbeat (instance_stopped).  With
 * `restarts` the record stays, so that the next incarnation is one higher.
 * `on_left` is called once, when Redis has replied or can't be reached, maybe
 * during the call. */
void wsub_member_leave(struct wsub_member *member, bool restarts,
                       void (*on_left)(void *arg), void *arg);

#endif
