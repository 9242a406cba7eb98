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
 *   HEAD --> CHECKED --> LENGTH --> COMPLETE    chunks are decoded in place,
 *               '------> CHUNKED ------^          the gap behind them is closed
 *
 * A body that comes in parts is handed up before it is complete, and what was handed
 * up is taken out of `in`.
 *
 * While a handler has the request (`handled`) `in` does not move.  A connection
 * that goes then leaves the request to its handler, with conn = NULL. */
#ifndef WSUB_HTTP_INCOMING_H
#define WSUB_HTTP_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/http/budget.h"
#include "common/http/chunked.h"
#include "common/http/fault.h"
#include "common/http/framing.h"
#include "common/http/on_part.h"
#include "common/http/on_response.h"
#include "common/http/parse.h"

#define WSUB_HTTP_HEAD_MAX_BYTES 16384
#define WSUB_HTTP_LINE_MAX_BYTES 8192 /* of it, the request line */
#define WSUB_HTTP_PEER_BYTES 64
/* So much of a body is read whatever the budget says: as much comes with one
 * read of the socket anyway. */
#define WSUB_HTTP_SMALL_BODY_BYTES 32768

/* A body that nobody looks at is read and dropped up to this; a larger one is
 * refused, or ends the connection. */
#define WSUB_HTTP_DROPPED_BODY_BYTES 4096

/* A request that is handled may hold this, however small it is. */
#define WSUB_HTTP_SLIM_BYTES 4096

struct wsub_http_connection;
struct wsub_http_route;

enum wsub_http_stage {
    WSUB_HTTP_STAGE_HEAD,
    WSUB_HTTP_STAGE_CHECKED, /* the head is there, and is being checked */
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
    bool skipped_line;      /* the empty line before the request line */
    size_t fields;          /* header lines so far */
    size_t line;            /* where the line that is being read begins */
    size_t scanned;         /* no line end before this */
    size_t body;            /* where the body begins */
    size_t body_bytes;      /* that have come, and are here */
    uint64_t dropped_bytes; /* of the body, in parts that are done with */
    size_t end;             /* one behind what its handler is given */
    char after_body;        /* the byte where the body's zero byte stands */
    struct wsub_http_head head;
    struct wsub_http_framing framing;
    struct wsub_http_chunked chunked;
    /* Of the server's; NULL until the head was checked, and when it was
     * refused: the response has gone, what is here of the body is dropped. */
    const struct wsub_http_route *route; /* borrowed */
    size_t matched;  /* the number of its route, from 1 on, refused or not */
    size_t body_max; /* less than the route's; 0: as it */
    size_t part_max; /* 0: the body is handed up whole */
    bool is_part;    /* one is for its handler */
    struct wsub_http_parts parts; /* {0}: none was handed up before */
    bool refused;
    bool continued;                 /* 100 was sent */
    struct wsub_http_share reading; /* of the budgets, for the body */
    struct wsub_http_share handling;
    bool handled;                       /* a handler has it, */
    uint64_t handled_us;                /* since; our clock */
    wsub_http_response_cb *on_response; /* of the server; may be NULL */
    void *on_response_arg;              /* borrowed; given to on_response */
    void (*on_gone)(void *arg);       /* NULL: nobody asked; or it was called */
    void *on_gone_arg;                /* borrowed; given to on_gone */
    struct wsub_buf response_headers; /* owned */
    /* Owned; head of the list of values that the getter made. */
    struct wsub_http_joined *joined;
    char peer[WSUB_HTTP_PEER_BYTES];
};

enum wsub_http_progress {
    WSUB_HTTP_NEEDS_MORE, /* bytes */
    /* The head is complete; check it, then go on with
     * wsub_http_incoming_allow(). */
    WSUB_HTTP_NEEDS_CHECK,
    /* The client waits for 100; set `continued`, then go on. */
    WSUB_HTTP_NEEDS_CONTINUE,
    WSUB_HTTP_PART,     /* of its body is ready for its handler */
    WSUB_HTTP_COMPLETE, /* ready for its handler */
    WSUB_HTTP_FAULTY,
};

struct wsub_http_request *wsub_http_incoming_new(void);
/* Tells who waits for a part that none will come. */
void wsub_http_incoming_free(struct wsub_http_request *req);

/* Makes place for `len` more bytes behind those that came; the caller adds what it
 * wrote to in.len.  Not while a handler has the request. */
char *wsub_http_incoming_reserve(struct wsub_http_request *req, size_t len);

/* True when no byte of the next request is here. */
bool wsub_http_incoming_is_empty(const struct wsub_http_request *req);

/* How many bytes of the body have come. */
size_t wsub_http_incoming_came(const struct wsub_http_request *req);

/* What the body of the request takes of the budget once `more` bytes of it are
 * added to those that came; 0 while these are few, whatever was announced. */
size_t wsub_http_incoming_share(const struct wsub_http_request *req,
                                size_t more);

/* Reads on in what came; a part, and a complete request, stays it.  *ret_fault is set with WSUB_HTTP_FAULTY. */
enum wsub_http_progress
wsub_http_incoming_read(struct wsub_http_request *req,
                        enum wsub_http_fault *ret_fault);

/* The checked request may have a body of so many bytes; a fault when it has
 * announced a larger one. */
enum wsub_http_fault wsub_http_incoming_allow(struct wsub_http_request *req,
                                              size_t max_body_bytes);

/* Whether the body of a refused request is read and dropped, so that the
 * connection can go on; true for none.  Nobody knows whether a client that waits
 * for 100 will send its body after another response. */
bool wsub_http_incoming_is_dropped(const struct wsub_http_request *req);

/* Gives memory back when the complete request has far more than it needs. */
void wsub_http_incoming_fit(struct wsub_http_request *req);

/* The part that was handed up is done with. */
void wsub_http_incoming_drop_part(struct wsub_http_request *req);

/* Leaves the request behind and begins with the next one. */
void wsub_http_incoming_next(struct wsub_http_request *req);

/* The connection reads no more requests: frees what it has kept for them. */
void wsub_http_incoming_forget(struct wsub_http_request *req);

/* The request has its response now: tells the owner of the server. */
void wsub_http_incoming_tell_response(const struct wsub_http_request *req,
                                      int status);

/* The request's client is gone: tells who wanted to know, once. */
void wsub_http_incoming_tell_gone(struct wsub_http_request *req);

#endif
