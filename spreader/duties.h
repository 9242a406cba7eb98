/* duties.h - what one spreader does for all: the coordinator
 * (common/cluster/coordinator.h), and what that is there for.
 *
 *   it has become it, events, time --> sites.h     which hubs serve each site
 *                                  |-> mirror.h    groups of another registry
 *                                  |-> health/     what is wrong in Redis, and its end
 *                                  '-> alerts/     what is wrong with the system */
#ifndef SPREAD_DUTIES_H
#define SPREAD_DUTIES_H

#include "common/base/err.h"
#include "common/store/owners.h"

struct event_base;
struct spread_duties;
struct wsub_cluster_event;
struct wsub_config;
struct wsub_groups;
struct wsub_store;

struct spread_duties_options {
    struct event_base *base;          /* borrowed; outlives the duties */
    struct wsub_store *store;         /* borrowed; outlives the duties */
    const struct wsub_config *config; /* borrowed; outlives the duties */
    const struct wsub_groups *groups; /* borrowed; outlives the duties */
    /* A shard with work has no owner: somebody should look. */
    void (*on_unowned)(void *arg);
    void *arg;
};

/* On failure one sentence is written to `err_text`. */
enum wsub_err
spread_duties_new(const struct spread_duties_options *options,
                  char err_text[256],
                  struct spread_duties **ret_duties) WSUB_MUST_CHECK;
/* After wsub_store_close().  NULL is fine. */
void spread_duties_free(struct spread_duties *duties);

/* From now on the process stands for election, as `me` (copied). */
void spread_duties_start(struct spread_duties *duties,
                         const struct wsub_instance_ref *me);

/* A cluster event of somebody else. */
void spread_duties_event(struct spread_duties *duties,
                         const struct wsub_cluster_event *event);

/* Steps down; `on_stopped` is called once, maybe during the call. */
void spread_duties_stop(struct spread_duties *duties,
                        void (*on_stopped)(void *arg), void *arg);

#endif
