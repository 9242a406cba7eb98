/* ownership.h - the shards that this spreader owns.
 *
 *   free --claim--> owned --surplus, stop--> ending --release--> free
 *     ^              | fenced                   | calls under way are over
 *     '--------------+--> ending ---------------'
 *
 * Free shards are claimed up to the fair share, each heartbeat interval and when
 * wsub_ownership_look() says that something has changed.  What is owned is
 * extended every third of its lease.  Redis decides: a shard is lost when it
 * says so (WSUB_ERR_FENCED), to an extension or to any script of the owner. */
#ifndef WSUB_CLUSTER_OWNERSHIP_H
#define WSUB_CLUSTER_OWNERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/owners.h"

struct event_base;
struct wsub_config;
struct wsub_ownership;
struct wsub_store;

struct wsub_ownership_options {
    struct event_base *base;          /* borrowed; outlives the ownership */
    struct wsub_store *store;         /* borrowed; outlives the ownership */
    const struct wsub_config *config; /* borrowed; outlives the ownership */
    /* The process owns the shard: it goes to work. */
    void (*on_owned)(const struct wsub_owned *owned, void *arg);
    /* The process is to stop working on the shard.  wsub_ownership_ended() is
     * called, maybe at once, when none of its calls is under way any more. */
    void (*on_ending)(unsigned shard, void *arg);
    void (*on_stopped)(void *arg); /* see wsub_ownership_stop() */
    void *arg;
};

struct wsub_ownership *
wsub_ownership_new(const struct wsub_ownership_options *options);
/* After wsub_store_close(). */
void wsub_ownership_free(struct wsub_ownership *ownership);

/* From now on the process claims shards, as `me` (copied); also when it is
 * another incarnation than before. */
void wsub_ownership_start(struct wsub_ownership *ownership,
                          const struct wsub_instance_ref *me);

/* The number of live spreaders, this one included, as it is known now. */
void wsub_ownership_spreaders(struct wsub_ownership *ownership, size_t count);

/* Something has changed: looks at once. */
void wsub_ownership_look(struct wsub_ownership *ownership);

/* Redis has refused a script of the owner. */
void wsub_ownership_fenced(struct wsub_ownership *ownership,
                           const struct wsub_owned *owned);

/* No call for the shard is under way. */
void wsub_ownership_ended(struct wsub_ownership *ownership, unsigned shard);

/* Gives up all shards and claims none; `on_stopped` is called once, when all are
 * released, maybe during the call. */
void wsub_ownership_stop(struct wsub_ownership *ownership);

#endif
