/* server.c - the listening side of the HTTP server.
 *
 *   listening --full, or out of descriptors--> paused --room again--> listening
 *       '------------drain------------> draining --last one went--> on_empty
 *
 * Full are max_connections that all have a request that is handled, or were
 * accepted a moment ago; others make way (eviction.h).
 *
 * Requests come up from the connections (connection.c) and go to their routes
 * (route.c). */
#include "common/http/server.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/listener.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/connection.h"
#include "common/http/listen.h"
#include "common/http/incoming.h"
#include "common/http/pool.h"
#include "common/http/response.h"
#include "common/http/stats.h"

#define BACKLOG 1024 /* waiting to be accepted; the kernel caps it */
/* After accept() failed: descriptors come back only when something is
 * closed. */
#define ACCEPT_RETRY_MS 100
/* What handlers have at once of max_inflight_bytes: they make two copies of a
 * body, the command to Redis and what hiredis sends. */
#define HANDLED_PART 16
#define ADDRESS_BYTES 128 /* "unix:" and the longest path */

struct wsub_http_server {
    struct wsub_http_pool pool;
    struct evconnlistener *listener; /* owned; NULL once draining */
    struct wsub_timer retry;
    struct wsub_timer look; /* whether a connection may make way by now */
    struct wsub_timer empty;
    const struct wsub_http_route *routes; /* borrowed; outlives the server */
    wsub_http_stray_handler *on_stray;    /* may be NULL */
    void *arg;                            /* borrowed; given to handlers */
    size_t max_body_bytes;
    void (*on_empty)(void *arg);
    void *on_empty_arg; /* borrowed; given to on_empty */
    bool told_empty;
    char address[ADDRESS_BYTES];
};

static bool has_room(const struct wsub_http_server *server)
{
    const struct wsub_http_pool *pool = &server->pool;

    return pool->count < pool->max_count ||
           wsub_http_eviction_next(&pool->eviction, wsub_now_ms()) != NULL;
}

/* Accepts while there is a place for one more, or one can be made. */
static void set_accepting(struct wsub_http_server *server)
{
    if (server->listener == NULL || wsub_timer_runs(&server->retry))
        return;
    if (has_room(server)) {
        evconnlistener_enable(server->listener);
        return;
    }
    evconnlistener_disable(server->listener);
    wsub_timer_plan_ms(&server->look, WSUB_HTTP_WAIT_LEAST_MS);
}

static void tell_if_empty(struct wsub_http_server *server)
{
    if (!server->pool.draining || server->pool.count > 0 || server->told_empty)
        return;
    server->told_empty = true;
    wsub_timer_now(&server->empty);
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool on_head(struct wsub_http_request *req, void *owner,
                    size_t *ret_max_body_bytes)
{
    const struct wsub_http_server *server = owner;
    size_t max = WSUB_HTTP_DROPPED_BODY_BYTES;

    req->route = wsub_http_route_find(server->routes, server->on_stray, req,
                                      server->arg);
    if (req->route == NULL)
        return false;
    if (req->part_max > 0)
        max = WSUB_HTTP_BODY_MAX;
    else if (req->route->max_body_bytes > 0)
        max = min_size(req->route->max_body_bytes, server->max_body_bytes);
    if (req->body_max > 0)
        max = min_size(max, req->body_max);
    *ret_max_body_bytes = max;
    return true;
}

/* A handler may free the server. */
static void on_request(struct wsub_http_request *req, void *owner)
{
    const struct wsub_http_server *server = owner;

    if (req->parts.on_part != NULL)
        req->parts.on_part(req, req->parts.arg);
    else
        req->route->handler(req, server->arg);
}

static void on_change(void *owner)
{
    struct wsub_http_server *server = owner;

    set_accepting(server);
    tell_if_empty(server);
}

/* Tells a client that has max_connections_per_client, as far as its socket
 * takes it at once.  What it has sent is dropped first (MSG_TRUNC), or else the
 * end of the connection would be a reset that destroys the response. */
static void refuse_client(struct wsub_http_server *server, evutil_socket_t fd,
                          const char *address)
{
    static const char sentence[] =
        "There are too many connections from this address.\n";
    struct wsub_http_response_message response = {
        .status = 429,
        .content_type = "text/plain; charset=utf-8",
        .body = sentence,
        .len = sizeof(sentence) - 1,
        .close = true,
    };
    struct wsub_buf out = {0};

    wsub_metric_add(&wsub_http_stats[WSUB_HTTP_STAT_CLIENT_FULL], 1);
    wsub_log_warn("http-connection-refused",
                  WSUB_KE("why", "max_connections_per_client"),
                  WSUB_KV("peer", address),
                  WSUB_KU("connections", server->pool.peers.max));
    wsub_http_response_add(&out, &server->pool.date, &response);
    /* cppcheck-suppress nullPointer ; MSG_TRUNC writes nothing */
    if (recv(fd, NULL, WSUB_HTTP_HEAD_MAX_BYTES, MSG_DONTWAIT | MSG_TRUNC) != 0)
        (void)!send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    wsub_buf_done(&out);
    evutil_closesocket(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *address, int len, void *arg)
{
    struct wsub_http_server *server = arg;
    struct wsub_http_pool *pool = &server->pool;
    struct wsub_http_peer *peer = NULL;
    char text[WSUB_HTTP_PEER_BYTES] = "unix";

    (void)listener;
    if (len > (int)sizeof(address->sa_family))
        wsub_http_listen_print(address, text, sizeof(text));
    if (!wsub_http_peers_add(&pool->peers, address, &peer)) {
        refuse_client(server, fd, text);
        return;
    }
    if (pool->count >= pool->max_count)
        wsub_http_connection_evict(pool);
    wsub_http_connection_new(pool, fd, text, peer);
    set_accepting(server);
}

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct wsub_http_server *server = arg;

    wsub_log_warn("http-accept-failed", WSUB_KV("address", server->address),
                  WSUB_KE("error", strerror(errno)));
    evconnlistener_disable(listener);
    wsub_timer_start_ms(&server->retry, ACCEPT_RETRY_MS);
}

static void on_retry(void *arg)
{
    set_accepting(arg);
}

static void on_empty(void *arg)
{
    struct wsub_http_server *server = arg;

    /* It may free the server. */
    server->on_empty(server->on_empty_arg);
}

static struct wsub_http_times *
make_times(const struct wsub_http_server_options *o)
{
    struct wsub_http_times *times = wsub_http_times_new(o->name);

    for (const struct wsub_http_route *r = o->routes; r->path != NULL; r++)
        wsub_http_times_add(times, r->method, r->path);
    wsub_http_times_start(times);
    return times;
}

static struct wsub_http_server *
new_server(struct event_base *base, const struct wsub_http_server_options *o)
{
    struct wsub_http_server *server = wsub_calloc(1, sizeof(*server));

    server->pool = (struct wsub_http_pool){
        .base = base,
        .on_response = o->on_response,
        .arg = o->arg,
        .json_errors_at = o->json_errors_at,
        .request_timeout_ms = o->request_timeout_ms,
        .idle_timeout_ms = o->idle_timeout_ms,
        .on_head = on_head,
        .on_request = on_request,
        .on_change = on_change,
        .owner = server,
        .max_count = o->max_connections > 0 ? o->max_connections : 1,
        .peers.max = o->max_connections_per_client,
        .peers.exempt = o->exempt,
    };
    wsub_http_eviction_init(&server->pool.eviction);
    wsub_http_teller_init(&server->pool.teller, base);
    wsub_http_budget_init(&server->pool.reading, base, o->max_inflight_bytes,
                          o->on_load, o->arg);
    wsub_http_budget_init(&server->pool.handling, base,
                          o->max_inflight_bytes / HANDLED_PART, NULL, NULL);
    server->max_body_bytes = o->max_body_bytes;
    server->routes = o->routes;
    server->on_stray = o->on_stray;
    server->arg = o->arg;
    if (o->name != NULL)
        server->pool.times = make_times(o);
    wsub_timer_init(&server->retry, base, on_retry, server);
    wsub_timer_init(&server->look, base, on_retry, server);
    wsub_timer_init(&server->empty, base, on_empty, server);
    return server;
}

/* Port 0 has become a port. */
static void note_address(struct wsub_http_server *server)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);

    getsockname(evconnlistener_get_fd(server->listener),
                (struct sockaddr *)&bound, &len);
    wsub_http_listen_print((struct sockaddr *)&bound, server->address,
                           sizeof(server->address));
}

enum wsub_err wsub_http_server_new(struct event_base *base,
                                   const struct wsub_http_server_options *o,
                                   char err_text[256],
                                   struct wsub_http_server **ret_server)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    struct wsub_http_server *server;

    if (wsub_http_listen_parse(o->listen, &address, &len) != WSUB_OK) {
        snprintf(err_text, 256,
                 "'%.100s' is no address to listen on, such as "
                 "127.0.0.1:8080, [::1]:8080 or unix:/path",
                 o->listen);
        return WSUB_ERR_INVALID;
    }
    server = new_server(base, o);
    wsub_http_listen_clear((struct sockaddr *)&address, len);
    server->listener = evconnlistener_new_bind(
        base, on_accept, server,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        BACKLOG, (struct sockaddr *)&address, (int)len);
    if (server->listener == NULL) {
        snprintf(err_text, 256, "cannot listen on %.120s: %s", o->listen,
                 strerror(errno));
        wsub_http_server_free(server);
        return WSUB_ERR_SYSTEM;
    }
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    note_address(server);
    *ret_server = server;
    return WSUB_OK;
}

static void stop_listening(struct wsub_http_server *server)
{
    if (server->listener == NULL)
        return;
    evconnlistener_free(server->listener);
    server->listener = NULL;
    if (strncmp(server->address, "unix:", 5) == 0)
        unlink(server->address + 5);
}

void wsub_http_server_free(struct wsub_http_server *server)
{
    if (server == NULL)
        return;
    stop_listening(server);
    wsub_http_connection_free_all(&server->pool);
    wsub_http_times_free(server->pool.times);
    wsub_http_budget_done(&server->pool.reading);
    wsub_http_budget_done(&server->pool.handling);
    wsub_timer_done(&server->retry);
    wsub_timer_done(&server->look);
    wsub_timer_done(&server->empty);
    wsub_http_teller_done(&server->pool.teller);
    free(server);
}

void wsub_http_server_drain(struct wsub_http_server *server,
                            void (*empty)(void *arg), void *arg)
{
    assert(!server->pool.draining);
    server->on_empty = empty;
    server->on_empty_arg = arg;
    stop_listening(server);
    wsub_http_connection_drain(&server->pool);
    tell_if_empty(server);
}

const char *wsub_http_server_address(const struct wsub_http_server *server)
{
    return server == NULL ? NULL : server->address;
}
