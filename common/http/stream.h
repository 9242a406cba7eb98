/* stream.h - a response whose body has no end, such as Server-Sent Events.
 *
 * What is sent goes to the kernel at once and is copied only as far as the kernel
 * does not take it; the kernel's buffer is bounded (WSUB_HTTP_STREAM_SEND_BYTES),
 * so that a client that does not read is seen in wsub_http_stream_unsent().  To
 * bound that is for the owner, who stops to send, or cuts the stream.
 *
 * The server has no deadline for a stream, and never closes it for another
 * connection or while it drains: its owner ends it.  What the client sends
 * meanwhile is dropped; when it sends no more, the stream is over.
 *
 * The callbacks come from the loop, never within a call of these functions, and
 * may use all of them and free the server.  When the server is freed, on_gone is
 * called within wsub_http_server_free(), when all other connections have gone;
 * the owner must not free the server then. */
#ifndef WSUB_HTTP_STREAM_H
#define WSUB_HTTP_STREAM_H

#include <stddef.h>

struct wsub_http_request;
struct wsub_http_stream;

struct wsub_http_stream_events {
    /* The client is gone, or the connection broke or was closed by the server:
     * the stream is over and must not be used any more. */
    void (*on_gone)(void *arg);
    /* Something was unsent, and the kernel has taken all by now; may be NULL. */
    void (*on_drained)(void *arg);
    void *arg; /* borrowed; given to both */
};

/* Responds with 200, the headers that were added by wsub_http_respond_header(),
 * and a body without an end: chunked for HTTP/1.1, until the close for 1.0.  `req`
 * is gone afterwards.  NULL when the client is gone already, or it was HEAD, which
 * has its response then. */
struct wsub_http_stream *
wsub_http_stream_start(struct wsub_http_request *req, const char *content_type,
                       const struct wsub_http_stream_events *events);

/* Adds to the body.  A connection that turns out to be broken drops the bytes, and
 * on_gone follows. */
void wsub_http_stream_send(struct wsub_http_stream *stream, const void *bytes,
                           size_t len);

/* How many bytes, of the body and its framing, the kernel has not taken. */
size_t wsub_http_stream_unsent(const struct wsub_http_stream *stream);

/* Ends the body in order; the connection closes once its client has read the rest,
 * for which it has the time of a response.  No on_gone; the stream is gone. */
void wsub_http_stream_end(struct wsub_http_stream *stream);

/* Closes the connection at once with a reset: what the client has not been sent
 * is dropped, also by the kernel.  No on_gone; the stream is gone. */
void wsub_http_stream_cut(struct wsub_http_stream *stream);

#endif
