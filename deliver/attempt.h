/* attempt.h - what one attempt to deliver came to. */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/client.h"
#include "deliver/host.h"

enum deliver_error {
    DELIVER_ERROR_NONE, /* a whole answer came, or all that was wanted of it */
    DELIVER_ERROR_TIMEOUT,
    DELIVER_ERROR_DNS,
    DELIVER_ERROR_CONNECT,
    DELIVER_ERROR_TLS,
    DELIVER_ERROR_BROKEN,
    DELIVER_ERROR_BLOCKED, /* the address is not allowed */
    DELIVER_ERROR_MAX_
};

struct deliver_attempt {
    uint64_t at_ms; /* Unix */
    uint64_t bytes; /* of the body that was sent */
    uint32_t duration_ms;
    uint16_t status; /* 0: no answer */
    bool delivered;
    enum deliver_error error;
};

enum deliver_error deliver_error_of(enum wsub_http_outcome outcome,
                                    CURLcode code);

/* What the attempt says about the host; a status counts whatever came after
 * it. */
enum deliver_sign deliver_sign_of(enum wsub_http_outcome outcome, long status);

/* The word for an error in the attempt log: "timeout", "-" for none. */
const char *deliver_error_word(enum deliver_error error);

#endif
