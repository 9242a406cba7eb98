/* turn.h - the turn of a followed subscription (docs/ARCHITECTURE.md).
 *
 * A followed subscription has one job at a time, its turn, which looks for
 * the event that is due, delivers it as any job does (job.h), and comes back
 * for the next one.  When nothing is due it ends. */
#ifndef DELIVER_TURN_H
#define DELIVER_TURN_H

#include <stdint.h>

struct deliver_job;

/* Looks for the turn's event; the job goes on with it, or is freed when there
 * is none or the turn is not the current one. */
void deliver_turn_find(struct deliver_job *job);

/* Tells the log that `count` events between `from` and `to` had left before
 * the subscription got them; Redis has noted it in `gaps`. */
void deliver_turn_missed(const struct deliver_job *job, uint64_t count,
                         const char *from, const char *to);

/* The subscription itself has ended: so does the turn, once the record and
 * all that belongs to it are gone. */
void deliver_turn_ended(struct deliver_job *job);

#endif
