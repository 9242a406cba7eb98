/* connection.h - one client's connection.
 *
 * Internal to the HTTP server.
 *
 *            .--------------------<-------------------.
 *            v                                        |
 *   -----> IDLE ----> READING ----> HANDLED ----------+--> WRITING
 *            |           | fault      | response      |       |
 *            |           v            v               |       v
 *            |       (the response says close) ----> LINGERING
 *            '--------------------------------------------'--> freed
 *
 * HANDLED lasts as long as the handler likes.  WRITING means that the kernel
 * did not take all of a response: nothing is read until it did.  LINGERING
 * (our side is shut, input is dropped) lets the client read the last response,
 * which a reset would destroy (RFC 9112 section 9.6).
 *
 * The connection knows no routes: each complete request goes up to the server
 * by `on_request`, and its response comes down by
 * wsub_http_connection_respond().
 *
 * Responses of one round of the loop leave in one write.  While a request is
 * with its handler at most 64 KiB of the following ones are read. */
#ifndef WSUB_HTTP_CONNECTION_H
#define WSUB_HTTP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/util.h>

#include "common/http/response.h"

struct event_base;
struct wsub_http_connection;
struct wsub_http_request;

/* All connections of a server, and what they need from it. */
struct wsub_http_pool {
    struct event_base *base; /* borrowed; outlives the pool */
    size_t max_body_bytes;
    uint32_t request_timeout_ms;
    uint32_t idle_timeout_ms;
    /* A request is complete; it may be responded to at once or later, and the
     * pool may be freed meanwhile. */
    void (*on_request)(struct wsub_http_request *req, void *owner);
    void (*on_freed)(void *owner); /* a connection went */
    void *owner;                   /* borrowed; given to both */
    bool draining;                 /* every response says close */
    struct wsub_http_date date;
    struct wsub_http_connection *first; /* owned, as a list */
    size_t count;
};

/* Takes over the socket `fd`; `peer` is the client's address as text. */
void wsub_http_connection_new(struct wsub_http_pool *pool, evutil_socket_t fd,
                              const char *peer);

/* Closes the connections that wait for a request. */
void wsub_http_connection_drain(struct wsub_http_pool *pool);

/* Closes all connections at once, without telling `on_freed`. */
void wsub_http_connection_free_all(struct wsub_http_pool *pool);

/* Sends the response to the request that is with its handler, and goes on.
 * `close`, `keep_alive` and `head_only` are filled in here. */
void wsub_http_connection_respond(struct wsub_http_connection *conn,
                                  struct wsub_http_response_message *response);

#endif
