/* suspect.h - jobs that another process left behind: did one of them end it?
 *
 *   taken over -> count 1 --------------------------> is sent as usual
 *              '> count 2 or more -> waits -> the first alone, count + 1
 *              |                          '-> then 2, 4 ... at a time
 *              '> count max_crashes -------------------> dead letter
 *
 * The first time all that a process held is suspect, and goes on at once.
 * What is taken over again goes on in its order: the first one alone, and its
 * count goes up just before; while nothing happens, more and more at a time.
 * A crash among several is charged to none of them, but those before the
 * guilty one are done by then, so that after each crash it is nearer to being
 * the first.  The counts are in Redis (`crashes`); what goes back to `retry`
 * takes only those along for which it was alone. */
#ifndef DELIVER_SUSPECT_H
#define DELIVER_SUSPECT_H

#include <stdbool.h>
#include <stdint.h>

struct deliver;
struct deliver_job;
struct deliver_suspects;

struct deliver_suspects *deliver_suspects_new(struct deliver *d);
void deliver_suspects_free(struct deliver_suspects *suspects);

/* Reads the crash count of a job that was taken over, together with those of
 * the others of this turn of the loop; the job then goes on, is given up, or,
 * when it was settled meanwhile, is freed. */
void deliver_suspect_ask(struct deliver_suspects *suspects,
                         struct deliver_job *job);

/* True when the job has ended max_crashes processes: it is to be given up. */
bool deliver_suspect_is_guilty(const struct deliver_job *job);

/* The crashes that the job takes along to its next attempt. */
uint32_t deliver_suspect_certain(const struct deliver_job *job);

/* How many processes have ended while they held the job. */
uint32_t deliver_suspect_crashes(const struct deliver_job *job);

/* The job is over: others that wait may go on. */
void deliver_suspect_over(struct deliver_suspects *suspects,
                          const struct deliver_job *job);

#endif
