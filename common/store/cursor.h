/* cursor.h - where a subscription in cursor mode stands (key cursor:TD,
 * field CD).
 *
 *   U MODE CURSOR N SINCE END RESUME
 *
 * One line, single spaces; docs/PROTOCOL.md explains the fields.  The scripts
 * write it, this reads what operators are told. */
#ifndef WSUB_STORE_CURSOR_H
#define WSUB_STORE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of events in the topic's index. */
struct wsub_cursor {
    uint64_t passed; /* cursor jobs have come to this event */
    /* In backfill they go on to this one; 0: they go on to the last event. */
    uint64_t backfill_end;
    /* Then they go on after this one; UINT64_MAX: they end; without a backfill
     * it is 0. */
    uint64_t resume_after;
};

/* Parses the line; false when it is malformed. */
bool wsub_cursor_parse(const char *line, struct wsub_cursor *ret_cursor);

/* How many events are still to come by cursor jobs, of a topic whose index has
 * had `events`. */
uint64_t wsub_cursor_due(const struct wsub_cursor *cursor, uint64_t events);

#endif
