/* response.h - a response as bytes.
 *
 * Internal to the HTTP server. */
#ifndef WSUB_HTTP_RESPONSE_H
#define WSUB_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/base/buf.h"

struct wsub_http_response_message {
    int status;
    const char *content_type;       /* NULL: none */
    const struct wsub_buf *headers; /* NULL: none; lines with their CR LF */
    const void *body;
    size_t len;
    bool head_only;  /* the request was HEAD */
    bool close;      /* say so */
    bool keep_alive; /* say so; HTTP/1.0 clients need to be told */
    bool endless;    /* its body comes later, and `body` is none */
    bool chunked;    /* when it is endless: in chunks; else until the close */
};

/* The value of Date, made anew when the second changes. */
struct wsub_http_date {
    time_t second;
    char text[32];
};

/* Adds the whole response to `out`. */
void wsub_http_response_add(struct wsub_buf *out, struct wsub_http_date *date,
                            const struct wsub_http_response_message *response);

#endif
