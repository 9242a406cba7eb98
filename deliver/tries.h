/* tries.h - the attempt log goes to Redis (tries:TD), a second later.
 *
 * What history.h has gathered of a subscription for a second, or less when it
 * has much, is added to Redis; a little at a time, so that nothing else waits
 * for it for long.  It is a log for people: what Redis does not take is not
 * sent again, and a process that is killed takes the last second of it along. */
#ifndef DELIVER_TRIES_H
#define DELIVER_TRIES_H

struct deliver;
struct deliver_tries;

struct deliver_tries *deliver_tries_new(struct deliver *d);
void deliver_tries_free(struct deliver_tries *tries);

/* Something was noted: it will be sent. */
void deliver_tries_plan(struct deliver_tries *tries);

/* Sends what there is. */
void deliver_tries_flush(struct deliver_tries *tries);

#endif
