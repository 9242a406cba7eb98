/* record.h - the record of an active subscription (key sub:TD, field CD).
 *
 *   1 EXPIRES LEASE GENERATION FLAGS CALLBACK SECRET
 *
 * Single spaces; docs/PROTOCOL.md explains the fields.  The sealed secret goes
 * last as it may hold any bytes.  The scripts write it, this reads it. */
#ifndef WSUB_STORE_RECORD_H
#define WSUB_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/choices.h"

struct wsub_record {
    uint64_t expires_s; /* Unix time; nothing is delivered from then on */
    uint64_t lease_s;
    uint64_t generation; /* of the request that made it */
    bool ordered;        /* its events come one at a time, in order */
    bool in_cursor_mode; /* its cursor job delivers them; so when ordered */
    /* Its cursor job delivers those that it missed, jobs of their own the
     * others. */
    bool in_backfill;
    const char *callback; /* borrowed from the line */
    const char *secret;   /* borrowed from the line; sealed */
    size_t secret_len;    /* 0: there is none */
    struct wsub_choices choices;
};

/* Parses `line`, of `len` bytes and a zero byte behind them; it is changed in
 * place, as the callback is ended with a zero byte.  WSUB_ERR_INVALID: not a
 * record of version 1. */
enum wsub_err wsub_record_parse(char *line, size_t len,
                                struct wsub_record *ret_record) WSUB_MUST_CHECK;

#endif
