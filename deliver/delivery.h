/* delivery.h - one delivery: an event for a subscription, claimed from a lane.
 *
 *   queued -> counting -> finding -> loading -> waiting -> loading -> sending
 *  (no slot)  (taken     (cursor     |  |    (host full)    |            |
 *              over)      job)       |  '-------------------'------------|
 *                                    '----------> settling <-------------'
 *
 * Most jobs name their event.  The cursor job of a subscription in cursor mode
 * finds it first (next_event.h).
 *
 * The subscription is read right before sending: a job that waited for its
 * host reads it again, so nothing is sent once an unsubscription is active
 * or the lease has ended.  When it has ended, a dotted topic's next level is
 * looked at: the same callback may be subscribed there, too.
 *
 * A bundle that another process left behind is split into entries of one job
 * each: only of those can be told which of them ends processes (crashes.h). */
#ifndef DELIVER_DELIVERY_H
#define DELIVER_DELIVERY_H

#include <stddef.h>

#include "deliver/bundle.h"
#include "deliver/delivery_options.h"

struct deliver_deliveries;
struct wsub_stream_entry;

struct deliver_deliveries *
deliver_deliveries_new(const struct deliver_deliveries_options *options);
/* Drops all deliveries, once nothing of what they use calls them any more. */
void deliver_deliveries_free(struct deliver_deliveries *deliveries);

/* Takes a claimed entry of a lane and starts its jobs, as slots allow. */
void deliver_deliveries_start(struct deliver_deliveries *deliveries,
                              enum deliver_lane lane,
                              const struct wsub_stream_entry *entry);

/* The outcome of a job of theirs is in Redis. */
void deliver_deliveries_settled(struct deliver_deliveries *deliveries,
                                struct deliver_job *job);

/* Jobs whose event or record is being read: they are about to be sent. */
size_t deliver_deliveries_loading(const struct deliver_deliveries *deliveries);

#endif
