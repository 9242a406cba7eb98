/* framing.h - what a request's head says about its body, path and connection.
 *
 * Internal to the HTTP server.  Here all is refused that could be read in two
 * ways: RFC 9112 sections 3.2 (target, Host) and 6 (length), RFC 9110 section
 * 10.1.1 (Expect). */
#ifndef WSUB_HTTP_FRAMING_H
#define WSUB_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/http/fault.h"
#include "common/http/parse.h"

struct wsub_http_framing {
    struct wsub_http_span path; /* empty means "/"; "*" of OPTIONS only */
    struct wsub_http_span query;
    bool has_query;
    bool chunked;
    size_t length; /* of the body, when it is not chunked */
    bool keep_alive;
    bool expects_continue;
};

/* Reads the head that `bytes` holds.  On a fault *ret_framing has no
 * meaning. */
enum wsub_http_fault
wsub_http_framing_read(const char *bytes, const struct wsub_http_head *head,
                       struct wsub_http_framing *ret_framing);

#endif
