/* trace.h - W3C Trace Context: the headers traceparent and tracestate.
 *
 *   00-TRACEID-SPANID-FLAGS   version, 32 and 16 hex digits in lower case, not all
 *                             zero, and 2: bit 0 says that the trace is sampled
 *
 * What comes in is kept as it is, and goes on with a span id of its own for each
 * request (Trace Context, sections 3.2 and 4.3).  A later version is read as far as
 * this one goes, and goes on as version 00.  Pure: the span id is passed in. */
#ifndef WSUB_HTTP_TRACE_H
#define WSUB_HTTP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WSUB_TRACEPARENT_LEN 55
#define WSUB_TRACESTATE_MAX_BYTES 512

/* Whether the bytes are a valid traceparent. */
bool wsub_traceparent_is_valid(const char *bytes, size_t len);

/* Whether the bytes are a tracestate that may be sent on: 1 to 512 printable ASCII
 * bytes; what is in them is the vendors'. */
bool wsub_tracestate_is_valid(const char *bytes, size_t len);

/* Writes the traceparent of a request within the trace of `parent`, which is valid:
 * the same trace and sampled flag, the span `span` (0 becomes 1). */
void wsub_traceparent_child(const char *parent, uint64_t span,
                            char ret_text[WSUB_TRACEPARENT_LEN + 1]);

#endif
