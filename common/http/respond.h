/* respond.h - how a handler of the HTTP server responds to its request.
 *
 * A handler responds exactly once, at once or later.  When the client has gone
 * meanwhile the response is dropped; the handler need not know. */
#ifndef WSUB_HTTP_RESPOND_H
#define WSUB_HTTP_RESPOND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

struct wsub_http_request;

/* Adds a header to the coming response.  Content-Length, Date and Connection
 * are the server's own.  A CR or LF in the value is a bug (panic). */
void wsub_http_respond_header(struct wsub_http_request *req, const char *name,
                              const char *value);

/* Responds; `body` is copied; `content_type` may be NULL when len is 0.  HEAD
 * gets the headers only.  `req` is gone afterwards. */
void wsub_http_respond(struct wsub_http_request *req, int status,
                       const char *content_type, const void *body, size_t len);

/* For a request that waits for its response: calls on_gone(arg) once when its
 * client closes its side (also a half-close: nobody who waits does that) or the
 * connection breaks.  The request still wants its response, which is dropped, or
 * still reaches a client that is half closed.
 *
 * False when the client is gone already: on_gone is not called then.  Nor is it
 * called once the request has its response, or was given to a stream, nor when
 * the server is freed.  It is called from the loop, and may respond to this and
 * other requests and free the server.  A handler calls this, not a check; a later
 * watch replaces the first.
 *
 * Behind 32 KiB of further requests nothing is read, and the end of the client is
 * noticed within a second; behind more than the kernel holds, not before the
 * kernel gives the connection up. */
WSUB_MUST_CHECK bool wsub_http_watch(struct wsub_http_request *req,
                                     void (*on_gone)(void *arg), void *arg);

/* As wsub_http_respond(); `on_written` is called once: true when the kernel has
 * taken all bytes of the response, which is no word of the client's; false when
 * the connection broke before, or the server is freed.  It is called from the
 * loop, and may free the server; but within wsub_http_server_free() for what is
 * undecided then, and within this call when the connection is gone already. */
void wsub_http_respond_told(struct wsub_http_request *req, int status,
                            const char *content_type, const void *body,
                            size_t len,
                            void (*on_written)(bool written, void *arg),
                            void *arg);

/* Responds with a sentence as text/plain; charset=utf-8 (printf format; a line
 * end is added). */
__attribute__((format(printf, 3, 4))) void
wsub_http_respond_text(struct wsub_http_request *req, int status,
                       const char *format, ...);

#endif
