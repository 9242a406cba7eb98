/* next_event.h - the next event for the cursor job of a subscription in cursor
 * mode (docs/ARCHITECTURE.md).
 *
 * A subscription in cursor mode has one job at a time, its cursor job, which
 * looks for the event that is due, delivers it as any job does, and comes back
 * for the next one.  When nothing is due it ends. */
#ifndef DELIVER_NEXT_EVENT_H
#define DELIVER_NEXT_EVENT_H

#include <stdint.h>

#include "common/store/deliveries.h"
#include "deliver/bundle.h"

/* Embedded in whatever looks for an event. */
struct deliver_next_event {
    /* `next` is valid during the call. */
    void (*on_next)(struct deliver_next_event *ticket,
                    const struct wsub_next *next);
};

/* Looks for the event of a cursor job; on_next is called once, later. */
void deliver_next_event_find(struct wsub_store *store,
                             const struct deliver_job *job,
                             struct deliver_next_event *ticket);

/* Tells the log that `count` events between `from` and `to` had left before
 * the job's subscription got them; Redis has noted it in `gaps`.  The line is
 * written once Redis has told the names of topic and callback. */
void deliver_next_event_missed(struct wsub_store *store,
                               const struct deliver_job *job, uint64_t count,
                               const char *from, const char *to);

/* Whether a job of the cursor job's subscription, from before it was in cursor
 * mode, is still under way in this process: that one's event is the older. */
bool deliver_next_event_is_behind(const struct deliver_bundles *bundles,
                                  const struct deliver_job *job);

#endif
