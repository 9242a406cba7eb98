/* server.h - an HTTP/1.1 server on the event loop.
 *
 * Keep-alive and pipelining (answers in order, one request at a time is given
 * to a handler for each connection), Content-Length and chunked bodies,
 * HEAD.  Every size and every wait is bounded: request line and headers
 * (16 KiB, 100 fields), body (413), from a request's first byte to its last
 * (408), idle keep-alive connections, number of connections (the excess waits
 * in the listen backlog).  What the parser lets pass is refused with 400: a
 * bare LF, obs-fold, a space before the colon, a missing or doubled Host,
 * conflicting or doubled Content-Length, Content-Length together with
 * Transfer-Encoding, a Transfer-Encoding other than chunked.
 *
 * Routes are a table; 404, and 405 with Allow, fall out of it.  The server's
 * own error answers are text/plain; a connection with broken framing is closed after its
 * answer (lingering close, so that the client can read it). */
#ifndef WSUB_HTTP_SERVER_H
#define WSUB_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct event_base;
struct wsub_http_server;
struct wsub_http_request;

/* Handles one request.  It calls wsub_http_reply() exactly once, at once or
 * later; until then `req` and all that its getters return stay valid.  When
 * the client has gone meanwhile the answer is dropped; the handler need not
 * know. */
typedef void wsub_http_handler(struct wsub_http_request *req, void *arg);

/* Answers a request that no route takes, in place of a text: `status` is 404,
 * or 405 (Allow is added already), `sentence` says so.  As a handler it
 * answers exactly once. */
typedef void wsub_http_stray_handler(struct wsub_http_request *req, int status,
                                     const char *sentence, void *arg);

struct wsub_http_route {
    const char *method; /* "GET" serves HEAD too */
    const char *path;   /* exact; of the path without its query */
    wsub_http_handler *handler;
};

struct wsub_http_server_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0", "unix:/path" */
    const struct wsub_http_route *routes; /* borrowed; ends with { 0 } */
    wsub_http_stray_handler *on_stray;    /* NULL: strays get a text */
    void *arg;                            /* borrowed; given to handlers */
    size_t max_body_bytes;
    uint32_t max_connections;
    uint32_t request_timeout_ms;
    uint32_t idle_timeout_ms;
};

/* Starts to listen.  On failure returns WSUB_ERR_INVALID (address) or
 * WSUB_ERR_SYSTEM and writes one sentence to `err_text`. */
enum wsub_err wsub_http_server_new(
    struct event_base *base, const struct wsub_http_server_options *o,
    char err_text[256], struct wsub_http_server **ret_server) WSUB_MUST_CHECK;

/* Frees at once; requests still unanswered lose their connection, and their
 * wsub_http_reply() is still due and safe. */
void wsub_http_server_free(struct wsub_http_server *server);

/* Stops accepting and closes idle connections; connections with a request in
 * flight are closed after its answer (Connection: close).  Calls `on_empty`
 * once, later, when the last connection has gone. */
void wsub_http_server_drain(struct wsub_http_server *server,
                            void (*on_empty)(void *arg), void *arg);

/* The address listened on, such as "127.0.0.1:41233" or "unix:/path"; NULL for
 * no server. */
const char *wsub_http_server_address(const struct wsub_http_server *server);

/* "GET", "POST", ... */
const char *wsub_http_method(const struct wsub_http_request *req);
/* The path without the query, as sent. */
const char *wsub_http_path(const struct wsub_http_request *req);
/* The query without '?', as sent; NULL when there is no '?'. */
const char *wsub_http_query(const struct wsub_http_request *req);
/* A header's value (name in any case), or NULL; the values of repeated
 * headers are joined with ", ". */
const char *wsub_http_header(const struct wsub_http_request *req,
                             const char *name);
/* The body; never NULL; a zero byte stands behind it. */
const char *wsub_http_body(const struct wsub_http_request *req,
                           size_t *ret_len);

/* Adds a header to the coming answer.  Content-Length, Date and Connection
 * are the server's own.  A CR or LF in the value is a bug (panic). */
void wsub_http_reply_header(struct wsub_http_request *req, const char *name,
                            const char *value);

/* Answers; `body` is copied; `content_type` may be NULL when len is 0.  HEAD
 * gets the headers only.  `req` is gone afterwards. */
void wsub_http_reply(struct wsub_http_request *req, int status,
                     const char *content_type, const void *body, size_t len);

/* Answers with a sentence as text/plain; charset=utf-8 (printf format; a line
 * end is added). */
__attribute__((format(printf, 3, 4))) void
wsub_http_reply_text(struct wsub_http_request *req, int status,
                     const char *format, ...);

#endif
