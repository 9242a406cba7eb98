/* parse.h - the parts of a request's head.
 *
 * Internal to the HTTP server.  The head is handed over whole, after strict.h
 * has passed each of its lines: its parts are then found by their separators
 * alone.  What is wrong with them framing.h says, in words of our own; then
 * verdict.h asks a parsing library for its opinion. */
#ifndef WSUB_HTTP_PARSE_H
#define WSUB_HTTP_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "common/http/fault.h"

#define WSUB_HTTP_FIELDS_MAX 100

/* A piece of the head, counted from its first byte.  A head has at most 16 KiB;
 * connections that wait are many, and each has a hundred of these. */
struct wsub_http_span {
    uint16_t at;
    uint16_t len;
};

struct wsub_http_field {
    struct wsub_http_span name;
    struct wsub_http_span value; /* without the white space around it */
};

struct wsub_http_head {
    const char *method; /* static */
    int minor;          /* of the version: 1 for HTTP/1.1 */
    struct wsub_http_span target;
    size_t count;
    struct wsub_http_field fields[WSUB_HTTP_FIELDS_MAX];
};

/* Parses the `len` bytes from the request line to the empty line.  A method
 * that neither RFC 9110 section 9 nor RFC 5789 defines is a fault, and so are
 * too many fields.  On a fault *ret_head has no meaning. */
enum wsub_http_fault wsub_http_parse_head(const char *bytes, size_t len,
                                          struct wsub_http_head *ret_head);

#endif
