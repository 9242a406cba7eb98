/* connection.h - one client's connection.
 *
 * Internal to the HTTP server.
 *
 *            .---------------------<--------------------.
 *            v                                          |
 *            |                     STREAMING ---end---->|
 *            |                         ^                |
 *   -----> IDLE ----> READING <---> HANDLED ------------+--> WRITING
 *            |       (CHECKED) fault   | response       |       |
 *            |       (HELD)  v         v                |       v
 *            |       (the response says close) -----> LINGERING
 *            '----------------------------------------------'--> freed
 *
 * CHECKED is the moment in which a complete head is checked, before anything of
 * the body is read.  When it is refused the response goes at once: what is here
 * of a small body is read and dropped, a larger one ends the connection.
 *
 * HELD is a READING that waits for its share of a budget (budget.h), for a body
 * that is to be read, or to be handed up: nothing is read, and the request's
 * time stands still.  A client that goes meanwhile is noticed afterwards.
 * HANDLED lasts as long as the handler likes, and goes back to READING when a body
 * comes in parts (parts.h); where somebody watches the request
 * the connection keeps little memory, and the end of the client is told of, though
 * what it has sent may be in the way.  STREAMING is a response that its owner adds
 * to (stream.h): it has no deadline and makes way for nobody, input is dropped, and
 * its end is that of a response which says close.  WRITING means that the kernel did
 * not take all of a response: nothing is read until it did.  LINGERING (our side
 * is shut, input is dropped) lets the client read the last response, which a
 * reset would destroy (RFC 9112 section 9.6).
 *
 * The connection knows no routes: each complete head goes up to the server by
 * `on_head`, each complete request by `on_request`, and its response comes down by
 * wsub_http_connection_respond().
 *
 * A connection that waits for its client may be closed for a new one.  Where a
 * connection turns out to be of no use within a call from above, on_gone is called
 * from the loop, later.
 *
 * Responses of one round of the loop leave in one write.  Requests that a client
 * has pipelined are handled for 2 ms, then it is the others' turn.  While a request is
 * with its handler at most 64 KiB of the following ones are read. */
#ifndef WSUB_HTTP_CONNECTION_H
#define WSUB_HTTP_CONNECTION_H

#include <stdbool.h>

#include <event2/util.h>

/* Of the kernel, at most, for what is on its way to the client of a stream. */
#define WSUB_HTTP_STREAM_SEND_BYTES 131072

struct iovec;
struct wsub_http_connection;
struct wsub_http_peer;
struct wsub_http_pool;
struct wsub_http_response_message;
struct wsub_http_streamer;
struct wsub_http_told;

/* Takes over the socket `fd` of the client at `address`, a text; `peer` was
 * counted and is dropped with the connection. */
void wsub_http_connection_new(struct wsub_http_pool *pool, evutil_socket_t fd,
                              const char *address, struct wsub_http_peer *peer);

/* Closes the connection that can be missed best (eviction.h); false when all have
 * a request that is handled. */
bool wsub_http_connection_evict(struct wsub_http_pool *pool);

/* Closes the connections that wait for a request. */
void wsub_http_connection_drain(struct wsub_http_pool *pool);

/* Closes all connections at once.  Of those that wait nobody is told, of those that
 * stream on_gone. */
void wsub_http_connection_free_all(struct wsub_http_pool *pool);

/* Sends the response to the request that is checked, or with its handler, and
 * goes on.
 * `close`, `keep_alive` and `head_only` are filled in here.  `told`, which may be
 * NULL, is taken over. */
void wsub_http_connection_respond(struct wsub_http_connection *conn,
                                  struct wsub_http_response_message *response,
                                  struct wsub_http_told *told);

/* The handler has done with a part of the body of its request: reads the next one. */
void wsub_http_connection_next_part(struct wsub_http_connection *conn);

/* Whether a client is there to be waited for: it has not closed its side. */
bool wsub_http_connection_may_wait(const struct wsub_http_connection *conn);

/* The request that its handler has, and that somebody watches, will wait: keeps
 * little memory meanwhile, and sees that the end of the client is noticed. */
void wsub_http_connection_wait(struct wsub_http_connection *conn);

/* Sends the head of a response to the request that its handler has, whose body
 * has no end.  False when it gets no body: it was HEAD, or the client is gone. */
bool wsub_http_connection_stream(struct wsub_http_connection *conn,
                                 struct wsub_http_response_message *response,
                                 const struct wsub_http_streamer *streamer);

/* Of a connection that streams: adds to the body; how much of it the kernel has
 * not taken; ends it in order, with `tail`; or closes it at once, with a reset.
 * After the last two on_gone and on_drained are called no more. */
void wsub_http_connection_send(struct wsub_http_connection *conn,
                               struct iovec *pieces, size_t count);
size_t wsub_http_connection_unsent(const struct wsub_http_connection *conn);
void wsub_http_connection_end(struct wsub_http_connection *conn,
                              const char *tail);
void wsub_http_connection_cut(struct wsub_http_connection *conn);

#endif
