/* server.h - an HTTP/1.1 server on the event loop.
 *
 * Keep-alive and pipelining (responses in order, one request at a time is given
 * to a handler for each connection), Content-Length and chunked bodies,
 * HEAD.  Every size and every wait is bounded: request line and headers
 * (16 KiB, 100 fields; request line 8 KiB), body (413, by the route), from a request's first byte to
 * its last (408), all bodies together (they wait), idle keep-alive connections, connections of one client (429), number
 * of connections (who waits for its client makes way, see eviction.h; where all
 * are handled the excess waits in the listen backlog).  What the parser lets pass is refused with 400: a
 * bare LF, obs-fold, a space before the colon, a missing or doubled Host,
 * conflicting or doubled Content-Length, Content-Length together with
 * Transfer-Encoding, a Transfer-Encoding other than chunked.
 *
 * A request may wait for its response as long as its handler likes, told when its
 * client goes; whether a response was written is told too (respond.h).  A response
 * may be a stream without an end (stream.h).
 *
 * Routes are a table (route.h); what a route refuses is refused at the head of a
 * request, before its body is read; a handler reads its request by request.h and
 * responds by respond.h.  The server's own error responses are text/plain; a
 * connection with broken framing is closed after its response (lingering close,
 * so that the client can read it). */
#ifndef WSUB_HTTP_SERVER_H
#define WSUB_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/http/budget.h"
#include "common/http/on_response.h"
#include "common/http/route.h"

struct event_base;
struct wsub_http_server;
struct wsub_networks;

struct wsub_http_server_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0", "unix:/path" */
    const char *name;   /* in the metrics of its requests; NULL: it has none */
    const struct wsub_http_route *routes; /* borrowed; ends with { 0 } */
    wsub_http_stray_handler *on_stray;    /* NULL: strays get a text */
    void *arg; /* borrowed; given to handlers, outlives their requests */
    wsub_http_response_cb *on_response; /* with `arg`; may be NULL */
    /* A route's path: what the server itself refuses there, such as a body that
     * is too large, is told as {"error": "a sentence"}, not as a text.  NULL: it
     * has none. */
    const char *json_errors_at; /* borrowed; outlives the server */
    size_t max_body_bytes;      /* a route may take less */
    /* Of all large bodies (over 32 KiB) that are being read or handled; others
     * wait unread.  0: no limit. */
    size_t max_inflight_bytes;
    wsub_http_load_cb *on_load; /* of these; with `arg`; may be NULL */
    uint32_t max_connections;
    uint32_t max_connections_per_client; /* see peers.h; 0: no limit */
    const struct wsub_networks *exempt;  /* from it; borrowed; may be NULL */
    uint32_t request_timeout_ms;
    uint32_t idle_timeout_ms;
};

/* Starts to listen.  On failure returns WSUB_ERR_INVALID (address) or
 * WSUB_ERR_SYSTEM and writes one sentence to `err_text`. */
enum wsub_err wsub_http_server_new(
    struct event_base *base, const struct wsub_http_server_options *o,
    char err_text[256], struct wsub_http_server **ret_server) WSUB_MUST_CHECK;

/* Frees at once; requests that wait for their response lose their connection,
 * and their wsub_http_respond() is still due and safe.  Meanwhile the owners of
 * streams are told that they are over, then what became of the responses of which
 * that is asked (respond.h). */
void wsub_http_server_free(struct wsub_http_server *server);

/* Stops accepting and closes idle connections; connections with a request in
 * flight are closed after its response (Connection: close), streams when their
 * owner ends them.  Calls `on_empty`
 * once, later, when the last connection has gone. */
void wsub_http_server_drain(struct wsub_http_server *server,
                            void (*on_empty)(void *arg), void *arg);

/* The address listened on, such as "127.0.0.1:41233" or "unix:/path"; NULL for
 * no server. */
const char *wsub_http_server_address(const struct wsub_http_server *server);

#endif
