#include "common/http/connection.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/incoming.h"
#include "common/http/pool.h"
#include "common/http/reading.h"
#include "common/http/stats.h"

#define LINGER_MS 2000 /* for the client to read and close */
#define LOOKS_MAX 8    /* for a connection that can be missed */
#define LOOK_MS 1000   /* between looks for a client that is not read */

static void let_go_of_request(struct wsub_http_connection *conn)
{
    if (conn->req->handled)
        conn->req->conn = NULL; /* wsub_http_respond() frees it */
    else
        wsub_http_incoming_free(conn->req);
    conn->req = NULL;
}

/* After wsub_http_pool_drop(). */
static void destroy(struct wsub_http_connection *conn)
{
    if (conn->running) {
        conn->freed = true;
        return;
    }
    let_go_of_request(conn);
    wsub_deadline_done(&conn->deadline);
    bufferevent_free(conn->bev);
    wsub_buf_done(&conn->out.gathered);
    free(conn);
}

static void finish(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;

    wsub_http_pool_drop(conn);
    destroy(conn);
    pool->on_change(pool->owner);
}

/* The same, and tells who waits for the client or streams to it: last of all,
 * since that may free all. */
static void lose(struct wsub_http_connection *conn)
{
    struct wsub_http_streamer streamer = conn->streamer;
    struct wsub_http_request *req = conn->req;
    enum wsub_http_state state = conn->state;

    finish(conn);
    if (state == WSUB_HTTP_STREAMING)
        streamer.on_gone(streamer.arg);
    else if (state == WSUB_HTTP_HANDLED)
        wsub_http_incoming_tell_gone(req);
}

/* Those that stream go last: whoever is told may use other streams, and respond
 * to requests, but finds no other connection. */
void wsub_http_connection_free_all(struct wsub_http_pool *pool)
{
    struct wsub_http_connection *next;

    for (struct wsub_http_connection *c = pool->first; c != NULL; c = next) {
        next = c->next;
        if (c->state == WSUB_HTTP_STREAMING)
            continue;
        wsub_http_pool_drop(c);
        destroy(c);
    }
    while (pool->first != NULL)
        lose(pool->first);
}

static size_t unsent(const struct wsub_http_connection *conn)
{
    return wsub_http_outgoing_unsent(conn->bev);
}

static void flush(struct wsub_http_connection *conn)
{
    wsub_http_outgoing_flush(&conn->out, conn->bev);
}

static void run(struct wsub_http_connection *conn);

static void add_response(struct wsub_http_connection *conn,
                         struct wsub_http_response_message *response)
{
    const struct wsub_http_request *req = conn->req;

    conn->last = !req->framing.keep_alive || conn->pool->draining ||
                 response->endless || req->is_part ||
                 (conn->state == WSUB_HTTP_CHECKED &&
                  !wsub_http_incoming_is_dropped(req));
    response->close = conn->last;
    response->keep_alive = !conn->last && req->head.minor == 0;
    response->head_only = strcmp(req->head.method, "HEAD") == 0;
    wsub_http_response_add(&conn->out.gathered, &conn->pool->date, response);
}

void wsub_http_connection_respond(struct wsub_http_connection *conn,
                                  struct wsub_http_response_message *response,
                                  struct wsub_http_told *told)
{
    if (conn->freed) { /* the handler freed the server before it responded */
        if (told != NULL)
            wsub_http_told_tell(told, false);
        return;
    }
    assert(conn->state == WSUB_HTTP_HANDLED ||
           conn->state == WSUB_HTTP_CHECKED);
    wsub_http_times_note(conn->pool->times, conn->req->matched,
                         response->status,
                         wsub_now_us() - conn->req->handled_us);
    add_response(conn, response);
    if (told != NULL)
        wsub_http_told_add(&conn->told, told,
                           wsub_http_outgoing_end(&conn->out));
    if (conn->state == WSUB_HTTP_CHECKED) {
        conn->req->refused = true; /* check_head() goes on */
        return;
    }
    wsub_http_incoming_next(conn->req);
    wsub_http_pool_enter(conn, WSUB_HTTP_IDLE);
    conn->begun_ms = 0;
    if (!conn->running)
        run(conn);
}

void wsub_http_connection_next_part(struct wsub_http_connection *conn)
{
    if (conn->freed)
        return;
    assert(conn->state == WSUB_HTTP_HANDLED);
    wsub_http_reading_next_part(conn);
    if (!conn->running)
        run(conn);
}

static bool is_watched(const struct wsub_http_connection *conn)
{
    return conn->state == WSUB_HTTP_HANDLED && conn->req->on_gone != NULL;
}

/* The deadline of a connection that waits for us.  While its reading is paused
 * nobody else would see that its client has gone. */
static void set_look(struct wsub_http_connection *conn)
{
    wsub_deadline_set(&conn->deadline, is_watched(conn) && conn->paused
                                           ? wsub_now_ms() + LOOK_MS
                                           : WSUB_NEVER);
}

bool wsub_http_connection_may_wait(const struct wsub_http_connection *conn)
{
    return !conn->freed && !conn->eof && !conn->out.broken;
}

void wsub_http_connection_wait(struct wsub_http_connection *conn)
{
    assert(conn->state == WSUB_HTTP_HANDLED);
    if (conn->running) /* run() will */
        return;
    wsub_http_outgoing_trim(&conn->out);
    set_look(conn);
}

static void bound_send_buffer(struct wsub_http_connection *conn)
{
    int bytes = WSUB_HTTP_STREAM_SEND_BYTES / 2; /* the kernel doubles it */

    setsockopt(bufferevent_getfd(conn->bev), SOL_SOCKET, SO_SNDBUF, &bytes,
               sizeof(bytes));
}

bool wsub_http_connection_stream(struct wsub_http_connection *conn,
                                 struct wsub_http_response_message *response,
                                 const struct wsub_http_streamer *streamer)
{
    bool streams;

    if (conn->freed)
        return false;
    assert(conn->state == WSUB_HTTP_HANDLED);
    add_response(conn, response);
    streams = !response->head_only && wsub_http_connection_may_wait(conn);
    wsub_http_incoming_next(conn->req);
    wsub_http_incoming_forget(conn->req);
    conn->begun_ms = 0;
    if (streams) {
        conn->streamer = *streamer;
        wsub_http_pool_begin_stream(conn);
        bound_send_buffer(conn);
        wsub_http_reading_drop_input(conn);
    } else {
        wsub_http_pool_enter(conn, WSUB_HTTP_IDLE);
    }
    if (!conn->running)
        run(conn);
    return streams;
}

void wsub_http_connection_send(struct wsub_http_connection *conn,
                               struct iovec *pieces, size_t count)
{
    assert(conn->state == WSUB_HTTP_STREAMING);
    wsub_http_outgoing_send(&conn->out, conn->bev, pieces, count);
    if (conn->out.broken)
        wsub_deadline_set(&conn->deadline, 0); /* on_due() loses it */
}

size_t wsub_http_connection_unsent(const struct wsub_http_connection *conn)
{
    return conn->out.gathered.len + unsent(conn);
}

void wsub_http_connection_end(struct wsub_http_connection *conn,
                              const char *tail)
{
    assert(conn->state == WSUB_HTTP_STREAMING);
    wsub_buf_str(&conn->out.gathered, tail);
    wsub_http_pool_end_stream(conn);
    if (!conn->running)
        run(conn);
}

void wsub_http_connection_cut(struct wsub_http_connection *conn)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    assert(conn->state == WSUB_HTTP_STREAMING);
    setsockopt(bufferevent_getfd(conn->bev), SOL_SOCKET, SO_LINGER, &reset,
               sizeof(reset));
    finish(conn);
}

static void let_go_on(struct wsub_http_connection *conn)
{
    wsub_http_reading_go_on(conn);
    run(conn);
}

static void on_readable(struct wsub_http_share *share)
{
    let_go_on(
        wsub_container_of(share, struct wsub_http_request, reading)->conn);
}

static void on_handleable(struct wsub_http_share *share)
{
    let_go_on(
        wsub_container_of(share, struct wsub_http_request, handling)->conn);
}

static void linger(struct wsub_http_connection *conn)
{
    wsub_http_pool_enter(conn, WSUB_HTTP_LINGERING);
    shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
    wsub_http_reading_drop_input(conn);
    wsub_deadline_set(&conn->deadline, wsub_now_ms() + LINGER_MS);
}

static void wait_for_client(struct wsub_http_connection *conn)
{
    const struct wsub_http_pool *pool = conn->pool;

    if (conn->state == WSUB_HTTP_READING && !conn->yields &&
        wsub_http_incoming_is_empty(conn->req))
        wsub_http_pool_enter(conn, WSUB_HTTP_IDLE);
    if (conn->state == WSUB_HTTP_IDLE) {
        wsub_deadline_set(&conn->deadline,
                          wsub_now_ms() + pool->idle_timeout_ms);
        return;
    }
    if (conn->begun_ms == 0)
        conn->begun_ms = wsub_now_ms();
    wsub_deadline_set(&conn->deadline,
                      conn->yields ? 0 : wsub_http_reading_deadline(conn));
}

/* Notes what it waits for, and since when.  A request that drips is as old as
 * its first byte. */
static void note_wait(struct wsub_http_connection *conn)
{
    static const enum wsub_http_wait waits[WSUB_HTTP_STATES] = {
        [WSUB_HTTP_IDLE] = WSUB_HTTP_WAIT_IDLE,
        [WSUB_HTTP_READING] = WSUB_HTTP_WAIT_HALF_SENT,
        [WSUB_HTTP_CHECKED] = WSUB_HTTP_WAIT_NONE,
        [WSUB_HTTP_HELD] = WSUB_HTTP_WAIT_HALF_SENT,
        [WSUB_HTTP_HANDLED] = WSUB_HTTP_WAIT_NONE,
        [WSUB_HTTP_STREAMING] = WSUB_HTTP_WAIT_NONE,
        [WSUB_HTTP_WRITING] = WSUB_HTTP_WAIT_STUCK,
        [WSUB_HTTP_LINGERING] = WSUB_HTTP_WAIT_LINGERING,
    };
    struct wsub_http_pool *pool = conn->pool;
    enum wsub_http_wait wait = waits[conn->state];
    bool is_request = wait == WSUB_HTTP_WAIT_HALF_SENT && conn->begun_ms != 0;

    wsub_http_eviction_set(&pool->eviction, &conn->waiter, wait,
                           is_request ? conn->begun_ms : wsub_now_ms());
    if (pool->count >= pool->max_count)
        pool->on_change(pool->owner);
}

/* Nothing more can be done now, or it is the others' turn: decides what to wait
 * for. */
static void settle(struct wsub_http_connection *conn)
{
    bool waits =
        conn->state == WSUB_HTTP_IDLE || conn->state == WSUB_HTTP_READING;
    bool ends =
        conn->last || (conn->pool->draining && conn->state == WSUB_HTTP_IDLE);
    bool streams = conn->state == WSUB_HTTP_STREAMING;
    bool keeps = streams || conn->state == WSUB_HTTP_HANDLED ||
                 conn->state == WSUB_HTTP_HELD;
    bool tells = streams || is_watched(conn);

    if (tells)
        wsub_http_outgoing_trim(&conn->out);
    if ((conn->out.broken && !tells) ||
        (conn->eof && !keeps && !conn->yields && unsent(conn) == 0)) {
        finish(conn);
        return;
    }
    if (conn->out.broken) {
        wsub_deadline_set(&conn->deadline, 0); /* on_due() loses it */
    } else if (keeps) {
        set_look(conn);
    } else if (waits && unsent(conn) > 0) {
        wsub_http_pool_enter(conn, WSUB_HTTP_WRITING);
        wsub_deadline_set(&conn->deadline,
                          wsub_now_ms() + conn->pool->request_timeout_ms);
    } else if (ends) {
        linger(conn);
    } else {
        wait_for_client(conn);
    }
    note_wait(conn);
}

/* Goes as far as the input, the handler and the socket allow.  A handler that
 * responds at once comes back through the loop, not through recursion. */
static void run(struct wsub_http_connection *conn)
{
    wsub_http_reading_run(conn);
    if (conn->freed) {
        destroy(conn);
        return;
    }
    flush(conn);
    wsub_http_pool_tell(conn);
    settle(conn);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct wsub_http_connection *conn = arg;

    (void)bev;
    if (conn->state == WSUB_HTTP_LINGERING ||
        conn->state == WSUB_HTTP_STREAMING)
        wsub_http_reading_drop_input(conn);
    else if (conn->state == WSUB_HTTP_IDLE || conn->state == WSUB_HTTP_READING)
        run(conn);
    else if (wsub_http_reading_pause_if_full(conn) && is_watched(conn))
        set_look(conn);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct wsub_http_connection *conn = arg;

    (void)bev;
    wsub_http_pool_tell(conn);
    if (conn->state == WSUB_HTTP_STREAMING) {
        conn->streamer.on_drained(conn->streamer.arg);
    } else if (conn->state == WSUB_HTTP_WRITING) {
        if (!conn->last)
            wsub_http_pool_enter(conn, WSUB_HTTP_IDLE);
        run(conn);
    }
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct wsub_http_connection *conn = arg;

    (void)bev;
    conn->eof = true;
    if (what & BEV_EVENT_ERROR || conn->state == WSUB_HTTP_LINGERING ||
        conn->state == WSUB_HTTP_STREAMING)
        lose(conn);
    else if (conn->state == WSUB_HTTP_IDLE || conn->state == WSUB_HTTP_READING)
        run(conn);
    else if (conn->state == WSUB_HTTP_HANDLED)
        wsub_http_incoming_tell_gone(conn->req);
}

/* Whether the client has closed its side, or all, behind what is not read. */
static bool is_closed(const struct wsub_http_connection *conn)
{
    struct pollfd one = {.fd = bufferevent_getfd(conn->bev),
                         .events = POLLRDHUP};

    return poll(&one, 1, 0) > 0;
}

static void look_for_client(struct wsub_http_connection *conn)
{
    if (conn->out.broken)
        lose(conn);
    else if (is_closed(conn))
        wsub_http_incoming_tell_gone(conn->req);
    else
        set_look(conn);
}

static void on_due(void *arg)
{
    struct wsub_http_connection *conn = arg;

    if (conn->state == WSUB_HTTP_HANDLED) {
        look_for_client(conn);
    } else if (conn->state != WSUB_HTTP_READING) {
        lose(conn);
    } else if (conn->yields) {
        run(conn);
    } else if (wsub_http_reading_is_in_time(conn, wsub_now_ms())) {
        wsub_deadline_set(&conn->deadline, wsub_http_reading_deadline(conn));
    } else if (conn->req->refused) {
        finish(conn);
    } else {
        wsub_http_reading_refuse(conn, WSUB_HTTP_TOO_SLOW);
        run(conn);
    }
}

void wsub_http_connection_new(struct wsub_http_pool *pool, evutil_socket_t fd,
                              const char *address, struct wsub_http_peer *peer)
{
    struct wsub_http_connection *conn = wsub_calloc(1, sizeof(*conn));
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn->req = wsub_http_incoming_new();
    conn->req->conn = conn;
    conn->req->on_response = pool->on_response;
    conn->req->on_response_arg = pool->arg;
    conn->req->reading.on_held = on_readable;
    conn->req->handling.on_held = on_handleable;
    conn->req->reading.payer = wsub_http_peers_payer(peer);
    snprintf(conn->req->peer, sizeof(conn->req->peer), "%s", address);
    conn->peer = peer;
    wsub_deadline_init(&conn->deadline, pool->base, on_due, conn);
    conn->bev = bufferevent_socket_new(pool->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (conn->bev == NULL)
        wsub_panic("out of memory for a connection");
    wsub_http_pool_add(pool, conn);
    bufferevent_setcb(conn->bev, on_read, on_written, on_event, conn);
    bufferevent_set_max_single_read(conn->bev, WSUB_HTTP_READ_AHEAD_BYTES);
    bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
    wait_for_client(conn);
    note_wait(conn);
}

/* Whether the next request of an idle connection is here, unread. */
static bool has_request(const struct wsub_http_connection *conn)
{
    char byte;

    return conn->state == WSUB_HTTP_IDLE &&
           recv(bufferevent_getfd(conn->bev), &byte, 1,
                MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* The connection that can be missed best; NULL when there is none.  One whose
 * request is here waits no longer: it is passed over, unless all are like that. */
static struct wsub_http_connection *find_missable(struct wsub_http_pool *pool)
{
    uint64_t now_ms = wsub_now_ms();
    struct wsub_http_connection *conn = NULL;
    struct wsub_http_waiter *waiter;

    for (int looks = 0; looks < LOOKS_MAX; looks++) {
        waiter = wsub_http_eviction_next(&pool->eviction, now_ms);
        if (waiter == NULL)
            break;
        conn = wsub_container_of(waiter, struct wsub_http_connection, waiter);
        if (!has_request(conn))
            break;
        wsub_http_eviction_set(&pool->eviction, waiter, WSUB_HTTP_WAIT_IDLE,
                               now_ms);
    }
    return conn;
}

bool wsub_http_connection_evict(struct wsub_http_pool *pool)
{
    struct wsub_http_connection *conn = find_missable(pool);

    if (conn == NULL)
        return false;
    wsub_metric_add(
        &wsub_http_stats[WSUB_HTTP_STAT_CLOSED_LINGERING + conn->waiter.wait],
        1);
    wsub_log_warn("http-connections-full",
                  WSUB_KE("closed", wsub_http_states[conn->state].name),
                  WSUB_KV("peer", conn->req->peer),
                  WSUB_KU("connections", pool->count));
    finish(conn);
    return true;
}

void wsub_http_connection_drain(struct wsub_http_pool *pool)
{
    struct wsub_http_connection *next;

    pool->draining = true;
    for (struct wsub_http_connection *c = pool->first; c != NULL; c = next) {
        next = c->next;
        if (c->state == WSUB_HTTP_IDLE && !c->running)
            finish(c);
    }
}
