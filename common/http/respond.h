/* respond.h - how a handler of the HTTP server responds to its request.
 *
 * A handler responds exactly once, at once or later.  When the client has gone
 * meanwhile the response is dropped; the handler need not know. */
#ifndef WSUB_HTTP_RESPOND_H
#define WSUB_HTTP_RESPOND_H

#include <stddef.h>

struct wsub_http_request;

/* Adds a header to the coming response.  Content-Length, Date and Connection
 * are the server's own.  A CR or LF in the value is a bug (panic). */
void wsub_http_respond_header(struct wsub_http_request *req, const char *name,
                              const char *value);

/* Responds; `body` is copied; `content_type` may be NULL when len is 0.  HEAD
 * gets the headers only.  `req` is gone afterwards. */
void wsub_http_respond(struct wsub_http_request *req, int status,
                       const char *content_type, const void *body, size_t len);

/* Responds with a sentence as text/plain; charset=utf-8 (printf format; a line
 * end is added). */
__attribute__((format(printf, 3, 4))) void
wsub_http_respond_text(struct wsub_http_request *req, int status,
                       const char *format, ...);

#endif
