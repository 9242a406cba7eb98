#include "common/http/connection.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/base/timer.h"
#include "common/http/fault.h"
#include "common/http/incoming.h"

#define READ_AHEAD_BYTES 32768 /* one round's work; two full heads */
#define OUT_FLUSH_BYTES 65536  /* responses gathered before they are sent */
#define OUT_KEEP_BYTES 16384   /* an idle connection holds no more */
#define LINGER_MS 2000         /* for the client to read and close */
#define NEVER UINT64_MAX

enum state { IDLE, READING, HANDLED, WRITING, LINGERING, STATE_MAX_ };

static const struct wsub_state states[STATE_MAX_] = {
    [IDLE] = {"idle",
              WSUB_BIT(READING) | WSUB_BIT(WRITING) | WSUB_BIT(LINGERING)},
    [READING] = {"reading", WSUB_BIT(IDLE) | WSUB_BIT(HANDLED) |
                                WSUB_BIT(WRITING) | WSUB_BIT(LINGERING)},
    [HANDLED] = {"handled", WSUB_BIT(IDLE)},
    [WRITING] = {"writing", WSUB_BIT(IDLE) | WSUB_BIT(LINGERING)},
    [LINGERING] = {"lingering", 0},
};

struct wsub_http_connection {
    struct wsub_http_pool *pool; /* borrowed; NULL once it is gone */
    struct wsub_http_connection *next, *prev; /* in the pool's list */
    struct bufferevent *bev;                  /* owned, with its socket */
    struct wsub_timer timer;
    struct wsub_http_request *req; /* owned, unless a handler outlives us */
    struct wsub_buf out; /* owned; responses not given to the socket */
    enum state state;
    uint64_t deadline_ms; /* of the state; NEVER when it has none */
    uint64_t timer_ms;    /* when the timer goes off; NEVER when it is off */
    uint64_t begun_ms;    /* when the request began to come */
    bool running; /* run() is on the stack: what is freed waits for it */
    bool freed;   /* while running */
    bool last;    /* the response in `out` says close */
    bool eof;     /* the client sends no more */
    bool paused;  /* enough was read ahead */
    bool broken;  /* the socket is of no use any more */
};

static void enter(struct wsub_http_connection *conn, enum state state)
{
    conn->state = wsub_state_enter(states, "connection", conn->req->peer,
                                   conn->state, state);
}

static void unlink_from_pool(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;

    if (conn->prev != NULL)
        conn->prev->next = conn->next;
    else
        pool->first = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    pool->count--;
    conn->pool = NULL;
}

static void let_go_of_request(struct wsub_http_connection *conn)
{
    if (conn->req->handled)
        conn->req->conn = NULL; /* wsub_http_respond() frees it */
    else
        wsub_http_incoming_free(conn->req);
    conn->req = NULL;
}

/* After unlink_from_pool(). */
static void destroy(struct wsub_http_connection *conn)
{
    if (conn->running) {
        conn->freed = true;
        return;
    }
    let_go_of_request(conn);
    wsub_timer_done(&conn->timer);
    bufferevent_free(conn->bev);
    wsub_buf_done(&conn->out);
    free(conn);
}

static void finish(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;

    unlink_from_pool(conn);
    destroy(conn);
    pool->on_freed(pool->owner);
}

void wsub_http_connection_free_all(struct wsub_http_pool *pool)
{
    struct wsub_http_connection *next;

    for (struct wsub_http_connection *c = pool->first; c != NULL; c = next) {
        next = c->next;
        unlink_from_pool(c);
        destroy(c);
    }
}

static void arm(struct wsub_http_connection *conn, uint64_t now_ms)
{
    uint64_t wait_ms =
        conn->deadline_ms > now_ms ? conn->deadline_ms - now_ms : 0;

    conn->timer_ms = conn->deadline_ms;
    wsub_timer_start_ms(&conn->timer, wait_ms);
}

/* A deadline that moves back is only noted; the timer looks again when it
 * goes off, so that a busy connection hardly touches it. */
static void set_deadline(struct wsub_http_connection *conn, uint64_t at_ms)
{
    conn->deadline_ms = at_ms;
    if (at_ms < conn->timer_ms)
        arm(conn, wsub_now_ms());
}

static size_t unsent(const struct wsub_http_connection *conn)
{
    return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

/* Sends `out`; what the kernel does not take is left to the bufferevent. */
static void flush(struct wsub_http_connection *conn)
{
    struct wsub_buf *out = &conn->out;
    ssize_t sent = 0;

    if (out->len == 0 || conn->broken)
        return;
    if (unsent(conn) == 0)
        sent = send(bufferevent_getfd(conn->bev), out->data, out->len,
                    MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        conn->broken = true;
        return;
    }
    if (sent < 0)
        sent = 0;
    if ((size_t)sent < out->len)
        bufferevent_write(conn->bev, out->data + sent, out->len - (size_t)sent);
    wsub_buf_clear(out);
    if (out->cap > OUT_KEEP_BYTES)
        wsub_buf_done(out);
}

static void run(struct wsub_http_connection *conn);

void wsub_http_connection_respond(struct wsub_http_connection *conn,
                                  struct wsub_http_response_message *response)
{
    const struct wsub_http_framing *framing = &conn->req->framing;

    if (conn->freed) /* the handler freed the server before it responded */
        return;
    assert(conn->state == HANDLED);
    conn->last = !framing->keep_alive || conn->pool->draining;
    response->close = conn->last;
    response->keep_alive = framing->keep_alive && conn->req->head.minor == 0;
    response->head_only = strcmp(conn->req->head.method, "HEAD") == 0;
    wsub_http_response_add(&conn->out, &conn->pool->date, response);
    wsub_http_incoming_next(conn->req);
    enter(conn, IDLE);
    conn->begun_ms = 0;
    if (!conn->running)
        run(conn);
}

/* Responds to a request that never reaches a handler. */
static void refuse(struct wsub_http_connection *conn,
                   enum wsub_http_fault fault)
{
    struct wsub_buf text = {0};
    struct wsub_http_response_message response = {
        .status = wsub_http_fault_status(fault),
        .content_type = "text/plain; charset=utf-8",
        .close = true,
    };

    wsub_log_debug("http-refused", WSUB_KV("peer", conn->req->peer),
                   WSUB_KU("status", response.status),
                   WSUB_KV("why", wsub_http_fault_text(fault)));
    wsub_buf_printf(&text, "%s\n", wsub_http_fault_text(fault));
    response.body = text.data;
    response.len = text.len;
    wsub_http_response_add(&conn->out, &conn->pool->date, &response);
    wsub_buf_done(&text);
    conn->last = true;
}

/* libevent's own high watermark will not do: as long as it is reached, 2.1
 * calls on_read() in every round of the loop. */
static void pause_if_full(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);

    if (evbuffer_get_length(input) < READ_AHEAD_BYTES)
        return;
    bufferevent_disable(conn->bev, EV_READ);
    conn->paused = true;
}

static void resume(struct wsub_http_connection *conn)
{
    if (conn->paused)
        bufferevent_enable(conn->bev, EV_READ);
    conn->paused = false;
}

/* Moves what came from the socket's buffer to the request's. */
static bool pull(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    size_t len = evbuffer_get_length(input);
    char *room;
    int moved;

    if (len == 0)
        return false;
    room = wsub_http_incoming_room(conn->req, len);
    moved = evbuffer_remove(input, room, len);
    assert(moved == (int)len);
    room[moved] = '\0';
    conn->req->in.len += (size_t)moved;
    resume(conn);
    return true;
}

static void hand_up(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;

    enter(conn, HANDLED);
    conn->req->handled = true;
    pool->on_request(conn->req, pool->owner);
}

/* Takes the next step with what is here; false when there is none. */
static bool advance(struct wsub_http_connection *conn)
{
    enum wsub_http_fault fault = WSUB_HTTP_FINE;

    if (conn->state == IDLE && !wsub_http_incoming_is_empty(conn->req))
        enter(conn, READING);
    switch (wsub_http_incoming_read(conn->req, &fault)) {
    case WSUB_HTTP_NEEDS_MORE:
        return pull(conn);
    case WSUB_HTTP_NEEDS_CONTINUE:
        wsub_buf_str(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
        return true;
    case WSUB_HTTP_COMPLETE:
        hand_up(conn);
        return true;
    case WSUB_HTTP_FAULTY:
        refuse(conn, fault);
        return false;
    }
    return false;
}

static bool may_advance(const struct wsub_http_connection *conn)
{
    return !conn->freed && !conn->last && !conn->broken &&
           (conn->state == IDLE || conn->state == READING) && unsent(conn) == 0;
}

static void drop_input(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);

    evbuffer_drain(input, evbuffer_get_length(input));
    resume(conn);
}

static void linger(struct wsub_http_connection *conn)
{
    if (conn->eof) {
        finish(conn);
        return;
    }
    enter(conn, LINGERING);
    shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
    drop_input(conn);
    set_deadline(conn, wsub_now_ms() + LINGER_MS);
}

static void wait_for_client(struct wsub_http_connection *conn)
{
    const struct wsub_http_pool *pool = conn->pool;

    if (conn->state == READING && wsub_http_incoming_is_empty(conn->req))
        enter(conn, IDLE);
    if (conn->state == IDLE) {
        set_deadline(conn, wsub_now_ms() + pool->idle_timeout_ms);
        return;
    }
    if (conn->begun_ms == 0)
        conn->begun_ms = wsub_now_ms();
    set_deadline(conn, conn->begun_ms + pool->request_timeout_ms);
}

/* Nothing more can be done now: decides what to wait for. */
static void settle(struct wsub_http_connection *conn)
{
    bool waits = conn->state == IDLE || conn->state == READING;

    if (conn->broken)
        finish(conn);
    else if (conn->state == HANDLED)
        set_deadline(conn, NEVER);
    else if (waits && unsent(conn) > 0) {
        enter(conn, WRITING);
        set_deadline(conn, wsub_now_ms() + conn->pool->request_timeout_ms);
    } else if (conn->last || (conn->pool->draining && conn->state == IDLE))
        linger(conn);
    else if (conn->eof)
        finish(conn);
    else
        wait_for_client(conn);
}

/* Goes as far as the input, the handler and the socket allow.  A handler that
 * responds at once comes back through the loop, not through recursion. */
static void run(struct wsub_http_connection *conn)
{
    conn->running = true;
    while (may_advance(conn) && advance(conn))
        if (conn->out.len > OUT_FLUSH_BYTES)
            flush(conn);
    conn->running = false;
    if (conn->freed) {
        destroy(conn);
        return;
    }
    flush(conn);
    settle(conn);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct wsub_http_connection *conn = arg;

    (void)bev;
    if (conn->state == LINGERING)
        drop_input(conn);
    else if (conn->state == IDLE || conn->state == READING)
        run(conn);
    else
        pause_if_full(conn);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct wsub_http_connection *conn = arg;

    (void)bev;
    if (conn->state != WRITING)
        return;
    if (!conn->last)
        enter(conn, IDLE);
    run(conn);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct wsub_http_connection *conn = arg;

    (void)bev;
    conn->eof = true;
    if (what & BEV_EVENT_ERROR || conn->state == LINGERING)
        finish(conn);
    else if (conn->state == IDLE || conn->state == READING)
        run(conn);
}

static void on_timer(void *arg)
{
    struct wsub_http_connection *conn = arg;
    uint64_t now_ms = wsub_now_ms();

    conn->timer_ms = NEVER;
    if (conn->deadline_ms == NEVER)
        return;
    if (now_ms < conn->deadline_ms) {
        arm(conn, now_ms);
    } else if (conn->state == READING) {
        refuse(conn, WSUB_HTTP_TOO_SLOW);
        run(conn);
    } else {
        finish(conn);
    }
}

static void link_to_pool(struct wsub_http_connection *conn,
                         struct wsub_http_pool *pool)
{
    conn->pool = pool;
    conn->next = pool->first;
    if (conn->next != NULL)
        conn->next->prev = conn;
    pool->first = conn;
    pool->count++;
}

void wsub_http_connection_new(struct wsub_http_pool *pool, evutil_socket_t fd,
                              const char *peer)
{
    struct wsub_http_connection *conn = wsub_calloc(1, sizeof(*conn));
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn->timer_ms = conn->deadline_ms = NEVER;
    conn->req = wsub_http_incoming_new(pool->max_body_bytes);
    conn->req->conn = conn;
    snprintf(conn->req->peer, sizeof(conn->req->peer), "%s", peer);
    wsub_timer_init(&conn->timer, pool->base, on_timer, conn);
    conn->bev = bufferevent_socket_new(pool->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (conn->bev == NULL)
        wsub_panic("out of memory for a connection");
    link_to_pool(conn, pool);
    bufferevent_setcb(conn->bev, on_read, on_written, on_event, conn);
    bufferevent_set_max_single_read(conn->bev, READ_AHEAD_BYTES);
    bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
    set_deadline(conn, wsub_now_ms() + pool->idle_timeout_ms);
}

void wsub_http_connection_drain(struct wsub_http_pool *pool)
{
    struct wsub_http_connection *next;

    pool->draining = true;
    for (struct wsub_http_connection *c = pool->first; c != NULL; c = next) {
        next = c->next;
        if (c->state == IDLE && !c->running)
            finish(c);
    }
}
