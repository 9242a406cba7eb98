/* settle.h - outcomes of jobs go to Redis, in batches.
 *
 * One call of the settle script a shard is on its way at a time; what ends
 * meanwhile goes with the next.  What was delivered waits for the others of its
 * bundle, 10 to 20 ms, and up to a millisecond for other bundles; other
 * outcomes, which make work, wait for nothing and take those of their bundle
 * along; nor does anything for its bundle while jobs wait for slots.  A batch
 * whose answer was lost is sent again as it was: the script skips what it has
 * settled before. */
#ifndef DELIVER_SETTLE_H
#define DELIVER_SETTLE_H

struct deliver;
struct deliver_job;
struct deliver_settler;

struct deliver_settler *deliver_settler_new(struct deliver *d);
void deliver_settler_free(struct deliver_settler *settler);

/* Takes a job whose outcome is set; deliver_job_free() is called on it once
 * the outcome is stored. */
void deliver_settle(struct deliver_settler *settler, struct deliver_job *job);

/* Redis may be back: sends again what was not answered. */
void deliver_settle_resume(struct deliver_settler *settler);

#endif
