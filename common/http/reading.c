#include "common/http/reading.h"

#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/incoming.h"
#include "common/http/input.h"
#include "common/http/pool.h"
#include "common/http/request.h"
#include "common/http/stats.h"

#define OUT_FLUSH_BYTES 65536 /* responses gathered before they are sent */
#define TURN_US 2000          /* for the requests that a client has pipelined */

/* Writes the body of the response to a fault, of the type that is returned; the
 * sentences need no escapes. */
static const char *describe(const struct wsub_http_connection *conn,
                            enum wsub_http_fault fault, struct wsub_buf *text)
{
    const char *sentence = wsub_http_fault_text(fault);
    const char *json_at = conn->pool->json_errors_at;
    bool as_json = conn->req->route != NULL && json_at != NULL &&
                   strcmp(wsub_http_path(conn->req), json_at) == 0;

    wsub_buf_printf(text, as_json ? "{\"error\":\"%s\"}" : "%s\n", sentence);
    return as_json ? "application/json" : "text/plain; charset=utf-8";
}

void wsub_http_reading_refuse(struct wsub_http_connection *conn,
                              enum wsub_http_fault fault)
{
    struct wsub_buf text = {0};
    struct wsub_http_response_message response = {
        .status = wsub_http_fault_status(fault),
        .content_type = describe(conn, fault, &text),
        .close = true,
    };

    wsub_metric_add(&wsub_http_stats[wsub_http_fault_stat(fault)], 1);
    wsub_log_debug("http-refused", WSUB_KV("peer", conn->req->peer),
                   WSUB_KU("status", response.status),
                   WSUB_KV("why", wsub_http_fault_text(fault)));
    response.body = text.data;
    response.len = text.len;
    wsub_http_response_add(&conn->out.gathered, &conn->pool->date, &response);
    wsub_buf_done(&text);
    conn->last = true;
}

/* libevent's own high watermark will not do: as long as it is reached, 2.1
 * calls on_read() in every round of the loop. */
bool wsub_http_reading_pause_if_full(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);

    if (evbuffer_get_length(input) < WSUB_HTTP_READ_AHEAD_BYTES)
        return false;
    bufferevent_disable(conn->bev, EV_READ);
    conn->paused = true;
    return true;
}

static void resume(struct wsub_http_connection *conn)
{
    if (conn->paused)
        bufferevent_enable(conn->bev, EV_READ);
    conn->paused = false;
}

void wsub_http_reading_drop_input(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);

    wsub_http_input_take(input, NULL, evbuffer_get_length(input));
    resume(conn);
}

/* Moves what came from the socket's buffer to the request's. */
static bool pull(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    size_t len = evbuffer_get_length(input);
    char *end;

    if (len == 0)
        return false;
    end = wsub_http_incoming_reserve(conn->req, len);
    wsub_http_input_take(input, end, len);
    end[len] = '\0';
    conn->req->in.len += len;
    resume(conn);
    return true;
}

/* Takes a share; else the connection is held until it has it. */
static bool take_share(struct wsub_http_connection *conn,
                       struct wsub_http_budget *budget,
                       struct wsub_http_share *share, size_t bytes)
{
    if (wsub_http_budget_take(budget, share, bytes))
        return true;
    wsub_http_pool_enter(conn, WSUB_HTTP_HELD);
    conn->held_ms = wsub_now_ms();
    bufferevent_disable(conn->bev, EV_READ);
    return false;
}

static void begin_pace(struct wsub_http_connection *conn)
{
    wsub_http_pace_begin(&conn->pace, wsub_now_ms(),
                         wsub_http_incoming_came(conn->req));
}

void wsub_http_reading_go_on(struct wsub_http_connection *conn)
{
    wsub_http_pool_enter(conn, WSUB_HTTP_READING);
    if (conn->begun_ms != 0)
        conn->begun_ms += wsub_now_ms() - conn->held_ms;
    begin_pace(conn);
    if (!conn->paused)
        bufferevent_enable(conn->bev, EV_READ);
}

void wsub_http_reading_next_part(struct wsub_http_connection *conn)
{
    wsub_http_incoming_drop_part(conn->req);
    wsub_http_pool_enter(conn, WSUB_HTTP_READING);
    conn->begun_ms = wsub_now_ms();
    begin_pace(conn);
}

/* Whether what is here of the body, and comes next, may be kept. */
static bool may_read(struct wsub_http_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    struct wsub_http_request *req = conn->req;
    bool had_some = req->reading.bytes > 0;

    if (!take_share(conn, &conn->pool->reading, &req->reading,
                    wsub_http_incoming_share(req, evbuffer_get_length(input))))
        return false;
    if (!had_some && req->reading.bytes > 0)
        begin_pace(conn);
    return true;
}

/* Gives the complete request to its handler, which makes copies of a body on
 * its way to where it goes. */
static bool hand_up(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;
    struct wsub_http_request *req = conn->req;

    if (req->body_bytes > WSUB_HTTP_SMALL_BODY_BYTES &&
        !take_share(conn, &pool->handling, &req->handling, req->body_bytes))
        return false;
    if (req->in.cap > WSUB_HTTP_SLIM_BYTES)
        wsub_http_incoming_fit(req);
    wsub_http_pool_enter(conn, WSUB_HTTP_HANDLED);
    req->handled = true;
    if (req->parts.on_part == NULL)
        req->handled_us = wsub_now_us();
    pool->on_request(req, pool->owner);
    return true;
}

/* Has the complete head checked, and goes on with the body: to read it, or to
 * drop it when the request has its response. */
static bool check_head(struct wsub_http_connection *conn)
{
    struct wsub_http_pool *pool = conn->pool;
    struct wsub_http_request *req = conn->req;
    size_t max_body_bytes = 0;
    enum wsub_http_fault fault;

    wsub_http_pool_enter(conn, WSUB_HTTP_CHECKED);
    req->handled = true;
    req->handled_us = wsub_now_us();
    if (!pool->on_head(req, pool->owner, &max_body_bytes))
        max_body_bytes = WSUB_HTTP_DROPPED_BODY_BYTES;
    req->handled = false;
    wsub_http_pool_enter(conn, WSUB_HTTP_READING);
    if (conn->last)
        return false;
    fault = wsub_http_incoming_allow(req, max_body_bytes);
    if (fault != WSUB_HTTP_FINE)
        wsub_http_reading_refuse(conn, fault);
    return fault == WSUB_HTTP_FINE;
}

/* Gives the complete request to its handler; one that has its response is
 * done. */
static bool take_complete(struct wsub_http_connection *conn)
{
    if (!conn->req->refused)
        return hand_up(conn);
    wsub_http_incoming_next(conn->req);
    wsub_http_pool_enter(conn, WSUB_HTTP_IDLE);
    conn->begun_ms = 0;
    return true;
}

/* Takes the next step with what is here; false when there is none. */
static bool advance(struct wsub_http_connection *conn)
{
    enum wsub_http_fault fault = WSUB_HTTP_FINE;

    if (conn->state == WSUB_HTTP_IDLE &&
        !wsub_http_incoming_is_empty(conn->req))
        wsub_http_pool_enter(conn, WSUB_HTTP_READING);
    switch (wsub_http_incoming_read(conn->req, &fault)) {
    case WSUB_HTTP_NEEDS_MORE:
        return may_read(conn) && pull(conn);
    case WSUB_HTTP_NEEDS_CONTINUE:
        if (!may_read(conn))
            return false;
        conn->req->continued = true;
        wsub_buf_str(&conn->out.gathered, "HTTP/1.1 100 Continue\r\n\r\n");
        return true;
    case WSUB_HTTP_NEEDS_CHECK:
        return check_head(conn);
    case WSUB_HTTP_PART:
    case WSUB_HTTP_COMPLETE:
        return take_complete(conn);
    case WSUB_HTTP_FAULTY:
        wsub_http_reading_refuse(conn, fault);
        return false;
    }
    return false;
}

static bool may_advance(const struct wsub_http_connection *conn)
{
    return !conn->freed && !conn->last && !conn->out.broken &&
           (conn->state == WSUB_HTTP_IDLE ||
            conn->state == WSUB_HTTP_READING) &&
           wsub_http_outgoing_unsent(conn->bev) == 0;
}

/* Whether there is anything to go on with. */
static bool has_more(const struct wsub_http_connection *conn)
{
    return may_advance(conn) &&
           (!wsub_http_incoming_is_empty(conn->req) ||
            evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0);
}

/* Looked at where a request has got to its handler, or to its response. */
static bool had_its_turn(const struct wsub_http_connection *conn,
                         uint64_t began_us)
{
    return conn->state != WSUB_HTTP_READING &&
           wsub_now_us() - began_us >= TURN_US;
}

void wsub_http_reading_run(struct wsub_http_connection *conn)
{
    uint64_t began_us = wsub_now_us();

    conn->running = true;
    conn->yields = false;
    while (!conn->yields && may_advance(conn) && advance(conn)) {
        if (conn->out.gathered.len > OUT_FLUSH_BYTES)
            wsub_http_outgoing_flush(&conn->out, conn->bev);
        conn->yields = had_its_turn(conn, began_us);
    }
    conn->running = false;
    conn->yields = conn->yields && has_more(conn);
    if (conn->yields && conn->state == WSUB_HTTP_IDLE)
        wsub_http_pool_enter(conn, WSUB_HTTP_READING);
}

uint64_t wsub_http_reading_deadline(const struct wsub_http_connection *conn)
{
    uint64_t at_ms = conn->begun_ms + conn->pool->request_timeout_ms;
    uint64_t pace_ms = wsub_http_pace_end_ms(&conn->pace);

    return conn->req->reading.bytes > 0 && pace_ms < at_ms ? pace_ms : at_ms;
}

/* Whether it did not arrive in time, or holds up others by its share. */
static bool is_too_slow(const struct wsub_http_connection *conn,
                        uint64_t now_ms)
{
    const struct wsub_http_pool *pool = conn->pool;

    if (now_ms >= conn->begun_ms + pool->request_timeout_ms)
        return true;
    return pool->reading.load.waiting > 0 &&
           !wsub_http_pace_is_kept(&conn->pace,
                                   wsub_http_incoming_came(conn->req));
}

bool wsub_http_reading_is_in_time(struct wsub_http_connection *conn,
                                  uint64_t now_ms)
{
    if (is_too_slow(conn, now_ms))
        return false;
    begin_pace(conn);
    return true;
}
