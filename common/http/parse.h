/* parse.h - a request's head, parsed by llhttp or http-parser.
 *
 * Internal to the HTTP server; parse.c is the only file that includes either
 * library (llhttp with WSUB_HAVE_LLHTTP, else http-parser 2.9).  The head is
 * handed over whole, after strict.h has passed each of its lines, and only
 * the head: both libraries differ in what they let pass between chunks, so
 * bodies are framed by chunked.h. */
#ifndef WSUB_HTTP_PARSE_H
#define WSUB_HTTP_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "common/http/fault.h"

#define WSUB_HTTP_FIELDS_MAX 100

/* A piece of the head, counted from its first byte. */
struct wsub_http_span {
    uint32_t at;
    uint32_t len;
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

/* Parses the `len` bytes from the request line to the empty line.  On a
 * fault *ret_head has no meaning. */
enum wsub_http_fault wsub_http_parse_head(const char *bytes, size_t len,
                                          struct wsub_http_head *ret_head);

#endif
