/* topic_events.h - the events of a topic that are in the log, the newest first
 * (topic_events.lua). */
#ifndef WSUB_STORE_TOPIC_EVENTS_H
#define WSUB_STORE_TOPIC_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/store/event_status.h"
#include "common/store/place.h"

struct wsub_store;

struct wsub_topic_event {
    struct wsub_place place; /* of shard 0: the caller knows the shard */
    struct wsub_event_status status; /* without a body; borrowed */
};

/* `before` is for the next page, NULL when this was the last one; all is NULL
 * unless err is WSUB_OK. */
typedef void wsub_topic_events_cb(enum wsub_err err,
                                  const struct wsub_place *before,
                                  const struct wsub_topic_event *events,
                                  size_t count, void *arg);

/* Reads at most `most` events for subscriptions to the topic, in its normal
 * spelling, of a shard: those before `before`, or from the newest one on (NULL).
 * A page may have fewer than there are: a call looks at some hundred entries of
 * the log.  Tried once: `cb` is called once, maybe during this call. */
void wsub_topic_events(struct wsub_store *store, unsigned shard,
                       const char *topic, const struct wsub_place *before,
                       size_t most, wsub_topic_events_cb *cb, void *arg);

#endif
