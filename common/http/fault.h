/* fault.h - what can be wrong with a request, as a status and a sentence.
 *
 * Internal to the HTTP server.  Every fault gets a response and ends the
 * connection: after it nobody can say where the next request begins. */
#ifndef WSUB_HTTP_FAULT_H
#define WSUB_HTTP_FAULT_H

#include "common/http/stats.h"

enum wsub_http_fault {
    WSUB_HTTP_FINE = 0,
    WSUB_HTTP_BAD_SYNTAX,
    WSUB_HTTP_BARE_LF,
    WSUB_HTTP_BAD_LINE,
    WSUB_HTTP_BAD_METHOD,
    WSUB_HTTP_BAD_TARGET,
    WSUB_HTTP_TARGET_FORM,
    WSUB_HTTP_BAD_VERSION,
    WSUB_HTTP_FOLDED,
    WSUB_HTTP_BAD_NAME,
    WSUB_HTTP_BAD_VALUE,
    WSUB_HTTP_NO_HOST,
    WSUB_HTTP_MANY_HOSTS,
    WSUB_HTTP_BAD_HOST,
    WSUB_HTTP_BAD_LENGTH,
    WSUB_HTTP_MANY_LENGTHS,
    WSUB_HTTP_BAD_ENCODING,
    WSUB_HTTP_BAD_CHUNK,
    WSUB_HTTP_BAD_EXPECT,
    WSUB_HTTP_LINE_TOO_LONG,
    WSUB_HTTP_HEAD_TOO_LARGE,
    WSUB_HTTP_TOO_MANY_FIELDS,
    WSUB_HTTP_BODY_TOO_LARGE,
    WSUB_HTTP_TOO_SLOW,
    WSUB_HTTP_FAULT_MAX_
};

/* The status of the response, such as 400. */
int wsub_http_fault_status(enum wsub_http_fault fault);

/* Which refusals it counts among. */
enum wsub_http_stat wsub_http_fault_stat(enum wsub_http_fault fault);

/* A sentence for the client, without a line end. */
const char *wsub_http_fault_text(enum wsub_http_fault fault);

#endif
