/* progress.h - does the process get on with its work?
 *
 * Work waits when jobs or verifications are held, or when Redis has unread
 * ones in a lane.  A process that settles nothing while work waits, for
 * longer than the slowest attempt may take, is not ready: something that it
 * can't see itself is broken, and whoever watches /readyz should look. */
#ifndef DELIVER_PROGRESS_H
#define DELIVER_PROGRESS_H

#include <stdbool.h>

#include "common/http/status.h"

struct deliver;
struct deliver_progress;

struct deliver_progress *deliver_progress_new(struct deliver *d);
void deliver_progress_free(struct deliver_progress *progress);

/* Something was settled, or nothing waits. */
void deliver_progress_note(struct deliver_progress *progress);

/* Looks at what waits; called every tick. */
void deliver_progress_look(struct deliver_progress *progress);

/* False while the process does not get on: writes why to `reason`. */
bool deliver_progress_ready(const struct deliver_progress *progress,
                            char reason[WSUB_STATUS_REASON_BYTES]);

#endif
