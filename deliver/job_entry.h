/* job_entry.h - jobs as an entry of a lane (docs/PROTOCOL.md). */
#ifndef DELIVER_JOB_ENTRY_H
#define DELIVER_JOB_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/bundle.h"
#include "deliver/job.h"

#define DELIVER_TARGET_MAX (WSUB_DIGEST_LEN + 12)

struct redisReply;

/* What an entry says; texts are borrowed from its reply. */
struct deliver_lane_entry {
    const char *event;   /* NULL of a turn */
    const char *turn_td; /* NULL of jobs */
    uint64_t turn;
    uint32_t failures, crashes;
    bool retried;
    unsigned target_count; /* 1 of a turn */
    struct {
        const char *cd; /* WSUB_DIGEST_LEN bytes */
        int level;
    } targets[DELIVER_BUNDLE_MAX];
};

/* Reads the fields of an entry; false when they are malformed. */
bool deliver_lane_entry_parse(const struct redisReply *fields,
                              struct deliver_lane_entry *ret_entry);

/* Takes over what the entry says of the job at that position. */
void deliver_job_fill(struct deliver_job *job,
                      const struct deliver_lane_entry *entry,
                      unsigned position);

/* Writes the job's target: "CD", "CD:LEVEL" or "CD:*". */
void deliver_job_target(const struct deliver_job *job,
                        char ret_text[DELIVER_TARGET_MAX]);

/* "outbox" or "bulk". */
const char *deliver_lane_name(enum deliver_lane lane);

#endif
