/* record.h - the record of an active subscription (key sub:TD, field CD).
 *
 *   1 EXPIRES LEASE GENERATION FLAGS SECRET CALLBACK
 *
 * One line, single spaces; docs/PROTOCOL.md explains the fields.  The scripts
 * write it, this reads it. */
#ifndef WSUB_STORE_RECORD_H
#define WSUB_STORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_record {
    uint64_t expires_s; /* Unix time; nothing is delivered from then on */
    uint64_t lease_s;
    uint64_t generation; /* of the request that made it */
    bool ordered;        /* its events come one at a time, in order */
    bool in_cursor_mode; /* its cursor job delivers them; so when ordered */
    /* Its cursor job delivers those that it missed, jobs of their own the
     * others. */
    bool in_backfill;
    const char *secret;   /* borrowed from the line; sealed, or "-" */
    const char *callback; /* borrowed from the line */
};

/* Parses `line` (changed in place: fields are ended with zero bytes).
 * WSUB_ERR_INVALID: not a record of version 1. */
enum wsub_err wsub_record_parse(char *line,
                                struct wsub_record *ret_record) WSUB_MUST_CHECK;

#endif
