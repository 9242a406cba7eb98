/* job_entry.h - a job as an entry of a lane (docs/PROTOCOL.md). */
#ifndef DELIVER_JOB_ENTRY_H
#define DELIVER_JOB_ENTRY_H

#include <stdbool.h>

#include "deliver/job.h"

#define DELIVER_TARGET_MAX (WSUB_DIGEST_LEN + 12)

/* Takes the entry's fields over; false when it is malformed. */
bool deliver_job_fill(struct deliver_job *job,
                      const struct wsub_stream_entry *entry);

/* Writes the job's `c`: "CD", "CD:LEVEL" or "CD:*". */
void deliver_job_target(const struct deliver_job *job,
                        char ret_text[DELIVER_TARGET_MAX]);

/* "outbox" or "bulk". */
const char *deliver_lane_name(enum deliver_lane lane);

#endif
