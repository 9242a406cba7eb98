/* turn.h - the turn of a followed subscription (docs/ARCHITECTURE.md).
 *
 * A followed subscription has one job at a time, its turn, which looks for
 * the event that is due, delivers it as any job does (job.h), and comes back
 * for the next one.  When nothing is due it ends. */
#ifndef DELIVER_TURN_H
#define DELIVER_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct deliver_job;

/* Looks for the turn's event; the job goes on with it, or is freed when there
 * is none or the turn is not the current one. */
void deliver_turn_find(struct deliver_job *job);

/* Tells the log that `count` events between `from` and `to` had left before
 * the subscription got them; Redis has noted it in `gaps`. */
void deliver_turn_missed(const struct deliver_job *job, uint64_t count,
                         const char *from, const char *to);

/* True when the turn is a probe and a job of its subscription, from before it
 * was followed, is still under way in this process: that one's event is the
 * older one.  The turn is put back then. */
bool deliver_turn_yields(struct deliver_job *job);

/* The subscription itself has ended: so does the turn, once the record and
 * all that belongs to it are gone. */
void deliver_turn_ended(struct deliver_job *job);

#endif
