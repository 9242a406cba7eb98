/* incoming.h - one request: its bytes, and how far they are read.
 *
 * Internal to the HTTP server.  A connection keeps one of these for its whole
 * life and reads one request after another into it, so that a small request
 * costs no allocation.  `in` holds the current request and whatever came
 * behind it; positions count from the current request's first byte:
 *
 *   in.data [ done with | head | body | next request ... ]
 *                       ^start        ^end
 *
 *   HEAD --> LENGTH --> COMPLETE          chunks are decoded in place, the
 *     '----> CHUNKED ------^              gap behind them is closed
 *
 * While a handler has the request (`handled`) `in` does not move.  A connection
 * that goes then leaves the request to its handler, with conn = NULL. */
#ifndef WSUB_HTTP_INCOMING_H
#define WSUB_HTTP_INCOMING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/http/chunked.h"
#include "common/http/fault.h"
#include "common/http/framing.h"
#include "common/http/parse.h"

#define WSUB_HTTP_HEAD_MAX_BYTES 16384
#define WSUB_HTTP_PEER_BYTES 64

struct wsub_http_connection;

enum wsub_http_stage {
    WSUB_HTTP_STAGE_HEAD,
    WSUB_HTTP_STAGE_LENGTH,
    WSUB_HTTP_STAGE_CHUNKED,
    WSUB_HTTP_STAGE_COMPLETE,
};

/* The value of a header that was sent more than once. */
struct wsub_http_joined {
    struct wsub_http_joined *next; /* owned */
    char *value;                   /* owned */
};

struct wsub_http_request {
    struct wsub_http_connection *conn; /* borrowed; NULL once it is gone */
    struct wsub_buf in;                /* owned */
    size_t start;
    enum wsub_http_stage stage;
    bool skipped_line; /* the empty line before the request line */
    size_t fields;     /* header lines so far */
    size_t line;       /* where the line that is being read begins */
    size_t scanned;    /* no line end before this */
    size_t body;       /* where the body begins */
    size_t body_bytes; /* that have come */
    size_t end;        /* one behind the request, once complete */
    char after_body;   /* the byte where the body's zero byte stands */
    struct wsub_http_head head;
    struct wsub_http_framing framing;
    struct wsub_http_chunked chunked;
    bool continued;                   /* 100 was sent */
    bool handled;                     /* a handler has it */
    struct wsub_buf response_headers; /* owned */
    /* Owned; head of the list of values that the getter made. */
    struct wsub_http_joined *joined;
    size_t max_body_bytes;
    char peer[WSUB_HTTP_PEER_BYTES];
};

enum wsub_http_progress {
    WSUB_HTTP_NEEDS_MORE,     /* bytes */
    WSUB_HTTP_NEEDS_CONTINUE, /* the client waits for 100; then go on */
    WSUB_HTTP_COMPLETE,       /* ready for its handler */
    WSUB_HTTP_FAULTY,
};

struct wsub_http_request *wsub_http_incoming_new(size_t max_body_bytes);
void wsub_http_incoming_free(struct wsub_http_request *req);

/* Room for `len` more bytes behind those that came; the caller adds what it
 * wrote to in.len.  Not while a handler has the request. */
char *wsub_http_incoming_room(struct wsub_http_request *req, size_t len);

/* True when no byte of the next request is here. */
bool wsub_http_incoming_is_empty(const struct wsub_http_request *req);

/* Reads on in what came.  *ret_fault is set with WSUB_HTTP_FAULTY. */
enum wsub_http_progress
wsub_http_incoming_read(struct wsub_http_request *req,
                        enum wsub_http_fault *ret_fault);

/* Leaves the request behind and begins with the next one. */
void wsub_http_incoming_next(struct wsub_http_request *req);

#endif
