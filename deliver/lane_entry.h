/* lane_entry.h - an entry of a lane: jobs of one event, or a cursor job
 * (docs/PROTOCOL.md). */
#ifndef DELIVER_LANE_ENTRY_H
#define DELIVER_LANE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto/digest.h"
#include "common/store/entry_id.h"

/* Jobs in an entry; page.lua has the same number. */
#define DELIVER_BUNDLE_MAX 16

#define DELIVER_TARGET_MAX (WSUB_DIGEST_LEN + 13)

enum deliver_lane { DELIVER_LANE_OUTBOX, DELIVER_LANE_BULK, DELIVER_LANES };

/* What an entry says; texts are borrowed from its reply. */
struct deliver_lane_entry {
    bool is_cursor;
    const char *event;     /* id, of jobs */
    const char *cursor_td; /* of a cursor job */
    uint64_t number;       /* of a cursor job */
    uint32_t failures, crashes;
    uint32_t held;         /* how often it was, see common/store/held.h */
    bool retried;          /* it came from `retry` */
    bool handed_over;      /* by a process that was taken for dead */
    unsigned target_count; /* 1 of a cursor job */
    struct {
        const char *cd; /* WSUB_DIGEST_LEN bytes */
        int level;      /* of the event's topic that is subscribed to */
        bool is_replay; /* it is delivered again because an operator wants it */
    } targets[DELIVER_BUNDLE_MAX];
};

struct redisReply;

/* Reads the fields of an entry; false when they are malformed, or of a newer
 * version. */
bool deliver_lane_entry_parse(const struct redisReply *fields,
                              struct deliver_lane_entry *ret_entry);

/* Writes a target: "CD", "CD:LEVEL" or "CD:*", with "!" behind it in a replay. */
void deliver_target_write(const char *cd, int level, bool is_replay,
                          char ret_text[DELIVER_TARGET_MAX]);

/* "outbox" or "bulk". */
const char *deliver_lane_name(enum deliver_lane lane);

#endif
