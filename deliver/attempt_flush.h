/* attempt_flush.h - what attempts came to goes to Redis (attempts:TD).
 *
 * Failures, and the success after one, go a second later; what merely changes
 * totals within a minute, or at once when there is much of it; a little at a
 * time, so that nothing else waits for it for long.  It is a log for people: a
 * process that is killed takes what was not flushed along. */
#ifndef DELIVER_ATTEMPT_FLUSH_H
#define DELIVER_ATTEMPT_FLUSH_H

struct deliver_attempt_buffer;
struct deliver_attempt_flush;
struct event_base;
struct wsub_store;

/* All outlive this. */
struct deliver_attempt_flush *
deliver_attempt_flush_new(struct event_base *base, struct wsub_store *store,
                          struct deliver_attempt_buffer *buffer);
void deliver_attempt_flush_free(struct deliver_attempt_flush *flush);

/* Something was noted in the buffer: it will be sent. */
void deliver_attempt_flush_plan(struct deliver_attempt_flush *flush);

/* Sends all there is. */
void deliver_attempt_flush_all(struct deliver_attempt_flush *flush);

#endif
