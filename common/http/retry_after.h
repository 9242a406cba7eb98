/* retry_after.h - the Retry-After header field (RFC 9110 section 10.2.3). */
#ifndef WSUB_HTTP_RETRY_AFTER_H
#define WSUB_HTTP_RETRY_AFTER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/http/send.h"

/* Sets *ret_ms to the delay that `value` asks for: seconds, or until a date in
 * one of the three forms of RFC 9110 section 5.6.7, seen from `now` (Unix).  A
 * date that has passed is 0; what exceeds 64 bits is UINT64_MAX, so the caller
 * sets a limit.  Returns false for anything else. */
bool wsub_retry_after_ms(const char *value, time_t now, uint64_t *ret_ms);

/* What a response that has just come asks for, at most `cap_ms`; 0 when it asks
 * for nothing. */
uint64_t wsub_retry_after_of(const struct wsub_http_response *response,
                             uint64_t cap_ms);

#endif
