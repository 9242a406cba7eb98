/* pool.h - the connections of a server, as the parts that move them see them.
 *
 * Internal to the HTTP server.  What the states mean is said in connection.h;
 * they change through wsub_http_pool_enter() only. */
#ifndef WSUB_HTTP_POOL_H
#define WSUB_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/deadline.h"
#include "common/base/states.h"
#include "common/http/budget.h"
#include "common/http/eviction.h"
#include "common/http/incoming.h"
#include "common/http/outgoing.h"
#include "common/http/pace.h"
#include "common/http/on_response.h"
#include "common/http/peers.h"
#include "common/http/response.h"
#include "common/http/times.h"
#include "common/http/told.h"

struct bufferevent;
struct event_base;
struct wsub_http_request;

/* All connections of a server, and what they need from it. */
struct wsub_http_pool {
    struct event_base *base;            /* borrowed; outlives the pool */
    struct wsub_http_budget reading;    /* of the bodies of all requests */
    struct wsub_http_budget handling;   /* of those that handlers have */
    wsub_http_response_cb *on_response; /* see server.h */
    void *arg;                          /* likewise */
    const char *json_errors_at;         /* see server.h */
    uint32_t request_timeout_ms;
    uint32_t idle_timeout_ms;
    /* The head of a request is complete, its body has not come.  True: it may
     * have one of *ret_max_body_bytes.  Else it has its response already. */
    bool (*on_head)(struct wsub_http_request *req, void *owner,
                    size_t *ret_max_body_bytes);
    /* A request is complete; it may be responded to at once or later, and the
     * pool may be freed meanwhile. */
    void (*on_request)(struct wsub_http_request *req, void *owner);
    /* A connection went; or, while the pool is full, one begins or ends to wait
     * for its client. */
    void (*on_change)(void *owner);
    void *owner;   /* borrowed; given to all */
    bool draining; /* every response says close */
    size_t max_count;
    struct wsub_http_peers peers;
    struct wsub_http_eviction eviction;
    struct wsub_http_date date;
    struct wsub_http_times *times; /* owned by the server; may be NULL */
    struct wsub_http_teller teller;
    struct wsub_http_connection *first; /* owned, as a list */
    size_t count;
    size_t streams; /* of these, that stream */
};

enum wsub_http_state {
    WSUB_HTTP_IDLE,
    WSUB_HTTP_READING,
    WSUB_HTTP_CHECKED,
    WSUB_HTTP_HELD,
    WSUB_HTTP_HANDLED,
    WSUB_HTTP_STREAMING,
    WSUB_HTTP_WRITING,
    WSUB_HTTP_LINGERING,
    WSUB_HTTP_STATES,
};

/* Who feeds a connection that streams.  Both are called from the loop but for
 * what connection.h says, and may free all. */
struct wsub_http_streamer {
    void (*on_gone)(void *arg);    /* the connection is; once */
    void (*on_drained)(void *arg); /* the kernel has taken all */
    void *arg;                     /* borrowed; given to both */
};

struct wsub_http_connection {
    struct wsub_http_pool *pool; /* borrowed; NULL once it is gone */
    struct wsub_http_connection *next, *prev; /* in the pool's list */
    struct bufferevent *bev;                  /* owned, with its socket */
    struct wsub_deadline deadline;            /* of the state */
    struct wsub_http_request *req; /* owned, unless a handler outlives us */
    struct wsub_http_outgoing out;
    struct wsub_http_told_list told; /* owned; whose responses are in `out` */
    struct wsub_http_peer *peer; /* borrowed; NULL: its client is not bounded */
    struct wsub_http_waiter waiter;
    struct wsub_http_streamer streamer; /* while it streams */
    enum wsub_http_state state;
    uint64_t begun_ms;          /* when the request began to come */
    uint64_t held_ms;           /* since when it is HELD */
    struct wsub_http_pace pace; /* while it has a share */
    bool running; /* run() is on the stack: what is freed waits for it */
    bool freed;   /* while running */
    bool last;    /* the response in `out` says close */
    bool eof;     /* the client sends no more */
    bool paused;  /* enough was read ahead */
    bool yields;  /* there is more to do, when others had their turn */
};

extern const struct wsub_state wsub_http_states[WSUB_HTTP_STATES];

/* The only writer of `state`. */
static inline void wsub_http_pool_enter(struct wsub_http_connection *conn,
                                        enum wsub_http_state state)
{
    conn->state = wsub_state_enter(wsub_http_states, "connection",
                                   conn->req->peer, conn->state, state);
}

/* The connection begins to stream, or does so no more. */
void wsub_http_pool_begin_stream(struct wsub_http_connection *conn);
void wsub_http_pool_end_stream(struct wsub_http_connection *conn);

/* Has those told whose responses the kernel has taken. */
void wsub_http_pool_tell(struct wsub_http_connection *conn);

/* Puts a connection into the pool's list, or takes it out: then it is counted
 * nowhere any more, those whose responses were not written are told, and its
 * `pool` is NULL. */
void wsub_http_pool_add(struct wsub_http_pool *pool,
                        struct wsub_http_connection *conn);
void wsub_http_pool_drop(struct wsub_http_connection *conn);

#endif
