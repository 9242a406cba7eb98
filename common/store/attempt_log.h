/* attempt_log.h - what deliveries to a subscription came to (key attempts:TD,
 * field CD).
 *
 *   version 1 (a byte), delivered u64, failed u64, bytes u64, count u8,
 *   then so many attempts (at most 8), newest first, of 33 bytes each:
 *   at_ms u64, duration_ms u32, bytes u32, status u16, error u8,
 *   event u48 (its ms) and u32 (its number there), attempt u16, body_len u16,
 *   then the bodies of their responses, as many bytes of each as it says
 *
 * Numbers are little-endian; what is larger than its field is the largest of it.
 * Fixed sizes in front, so that a script adds to a log without reading its
 * attempts, as long as none has a body (attempts.lua). */
#ifndef WSUB_STORE_ATTEMPT_LOG_H
#define WSUB_STORE_ATTEMPT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define WSUB_ATTEMPT_LOG_KEPT 8
#define WSUB_ATTEMPT_BODY_MAX 256 /* bytes that are kept of a response */
/* The longest log, in bytes. */
#define WSUB_ATTEMPT_LOG_MAX                                                   \
    (1 + 3 * 8 + 1 + WSUB_ATTEMPT_LOG_KEPT * (33 + WSUB_ATTEMPT_BODY_MAX))

/* What kept an attempt from a whole response, or all that was wanted of one.
 * Stored: a number keeps its meaning. */
enum wsub_attempt_error {
    WSUB_ATTEMPT_WELL = 0,
    WSUB_ATTEMPT_TIMEOUT = 1,
    WSUB_ATTEMPT_DNS = 2,
    WSUB_ATTEMPT_CONNECT = 3,
    WSUB_ATTEMPT_TLS = 4,
    WSUB_ATTEMPT_BROKEN = 5,
    WSUB_ATTEMPT_BLOCKED = 6, /* the address is not allowed */
};

struct wsub_attempt {
    uint64_t at_ms; /* Unix */
    uint32_t duration_ms;
    uint32_t bytes;  /* of the body that was sent */
    uint16_t status; /* 0: no response */
    enum wsub_attempt_error error;
    uint64_t event_ms; /* id of the event */
    uint32_t event_seq;
    uint16_t number;   /* of the attempt for that event, from 1 on */
    uint16_t body_len; /* of the response, as far as it is kept */
    const char *body;  /* borrowed */
};

struct wsub_attempt_log {
    uint64_t delivered; /* attempts */
    uint64_t failed;
    uint64_t bytes; /* of bodies, by all of them */
    unsigned count; /* of attempts[] */
    struct wsub_attempt attempts[WSUB_ATTEMPT_LOG_KEPT]; /* newest first */
};

/* Returns the number of bytes written. */
size_t wsub_attempt_log_write(const struct wsub_attempt_log *log,
                              unsigned char out[WSUB_ATTEMPT_LOG_MAX]);

/* WSUB_ERR_INVALID: not a log of version 1.  An error of a later program may
 * be none of the enum's.  Bodies are borrowed from `bytes`. */
enum wsub_err
wsub_attempt_log_read(const void *bytes, size_t len,
                      struct wsub_attempt_log *ret_log) WSUB_MUST_CHECK;

/* "timeout"; "unknown" for one of a later program, NULL when all was well. */
const char *wsub_attempt_error_word(enum wsub_attempt_error error);

#endif
