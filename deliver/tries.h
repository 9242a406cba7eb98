/* tries.h - the attempt log goes to Redis (tries:TD), once a second.
 *
 * What history.h has gathered is added to Redis in batches.  It is a log for
 * people: a batch that Redis does not take is not sent again, and a process
 * that is killed takes the last second of it along. */
#ifndef DELIVER_TRIES_H
#define DELIVER_TRIES_H

#include <stdbool.h>

struct deliver;
struct deliver_tries;

struct deliver_tries *deliver_tries_new(struct deliver *d);
void deliver_tries_free(struct deliver_tries *tries);

/* Sends what there is: when a second has passed since the last time, the
 * history is full, or `now`. */
void deliver_tries_flush(struct deliver_tries *tries, bool now);

#endif
