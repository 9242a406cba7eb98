/* event_list.h - lists cluster events, or what became of a shard's
 * subscriptions. */
#ifndef WSUB_STORE_EVENT_LIST_H
#define WSUB_STORE_EVENT_LIST_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/store/cluster_events.h"
#include "common/store/place.h"

/* `list` is valid during the call; NULL unless err is WSUB_OK.  Entries of
 * another version are in it as WSUB_EVENT_UNKNOWN, with their id only. */
typedef void wsub_event_list_cb(enum wsub_err err,
                                const struct wsub_cluster_event *list,
                                size_t count, void *arg);

/* Lists at most `limit` events in the order of their ids: of
 * WSUB_SHARD_CLUSTER the cluster events, else those of the shard's `changes`;
 * those after `after` (of which only the id counts), from the oldest one on with
 * NULL.  Tried once: `cb` is called once, maybe during this call. */
void wsub_event_list(struct wsub_store *store, unsigned shard,
                     const struct wsub_place *after, size_t limit,
                     wsub_event_list_cb *cb, void *arg);

#endif
