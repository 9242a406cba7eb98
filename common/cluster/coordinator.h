/* coordinator.h - one spreader is the coordinator.
 *
 *   follower --claim--> leader --extended in time--> leader
 *      ^                   '--fenced--.
 *      '------------------------------'
 *
 * The row of the cluster's slot (owners.h) says who, by the rules of shards.
 * leader_changed is told by the one that has become it.  leader_mismatch is
 * logged and counted when this process took itself for the coordinator and is
 * not, or when nobody has been it for longer than a lease. */
#ifndef WSUB_CLUSTER_COORDINATOR_H
#define WSUB_CLUSTER_COORDINATOR_H

#include <stdint.h>

#include "common/store/owners.h"

struct event_base;
struct wsub_config;
struct wsub_coordinator;
struct wsub_store;

struct wsub_coordinator_options {
    struct event_base *base;          /* borrowed; outlives the coordinator */
    struct wsub_store *store;         /* borrowed; outlives the coordinator */
    const struct wsub_config *config; /* borrowed; outlives the coordinator */
    /* The process has become it, or is it no more. */
    void (*on_lead)(uint64_t epoch, void *arg);
    void (*on_lost)(void *arg);
    void *arg;
};

struct wsub_coordinator *
wsub_coordinator_new(const struct wsub_coordinator_options *options);
/* After wsub_store_close(). */
void wsub_coordinator_free(struct wsub_coordinator *coordinator);

/* From now on the process stands for election, as `me` (copied). */
void wsub_coordinator_start(struct wsub_coordinator *coordinator,
                            const struct wsub_instance_ref *me);

/* Something has changed: looks at once. */
void wsub_coordinator_look(struct wsub_coordinator *coordinator);

/* The epoch under which this process is the coordinator; 0: somebody else is, or
 * nobody. */
uint64_t wsub_coordinator_epoch(const struct wsub_coordinator *coordinator);

/* Steps down; `on_stopped` is called once, when Redis has replied or can't be
 * reached, maybe during the call. */
void wsub_coordinator_stop(struct wsub_coordinator *coordinator,
                           void (*on_stopped)(void *arg), void *arg);

#endif
