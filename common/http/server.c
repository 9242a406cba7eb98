/* server.c - the listening side of the HTTP server.
 *
 *   listening --full, or out of descriptors--> paused --room again--> listening
 *       '------------drain------------> draining --last one went--> on_empty
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
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/connection.h"
#include "common/http/listen.h"
#include "common/http/incoming.h"

#define BACKLOG 1024 /* waiting to be accepted; the kernel caps it */
/* After accept() failed: descriptors come back only when something is
 * closed. */
#define ACCEPT_RETRY_MS 100
#define ADDRESS_BYTES 128 /* "unix:" and the longest path */

struct wsub_http_server {
    struct wsub_http_pool pool;
    struct evconnlistener *listener; /* owned; NULL once draining */
    struct wsub_timer retry;
    struct wsub_timer empty;
    const struct wsub_http_route *routes; /* borrowed; outlives the server */
    wsub_http_stray_handler *on_stray;    /* may be NULL */
    void *arg;                            /* borrowed; given to handlers */
    uint32_t max_connections;
    void (*on_empty)(void *arg);
    void *on_empty_arg; /* borrowed; given to on_empty */
    bool told_empty;
    bool starved; /* accept() failed, and nothing was accepted since */
    char address[ADDRESS_BYTES];
};

/* Accepts while there is room for one more. */
static void set_accepting(struct wsub_http_server *server)
{
    if (server->listener == NULL || wsub_timer_runs(&server->retry))
        return;
    if (server->pool.count < server->max_connections)
        evconnlistener_enable(server->listener);
    else
        evconnlistener_disable(server->listener);
}

static void tell_if_empty(struct wsub_http_server *server)
{
    if (!server->pool.draining || server->pool.count > 0 || server->told_empty)
        return;
    server->told_empty = true;
    wsub_timer_now(&server->empty);
}

/* A handler may free the server. */
static void on_request(struct wsub_http_request *req, void *owner)
{
    const struct wsub_http_server *server = owner;

    wsub_http_route(server->routes, server->on_stray, req, server->arg);
}

static void on_connection_freed(void *owner)
{
    struct wsub_http_server *server = owner;

    set_accepting(server);
    tell_if_empty(server);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *address, int len, void *arg)
{
    struct wsub_http_server *server = arg;
    char peer[WSUB_HTTP_PEER_BYTES] = "unix";

    (void)listener;
    if (len > (int)sizeof(address->sa_family))
        wsub_http_listen_print(address, peer, sizeof(peer));
    server->starved = false;
    wsub_http_connection_new(&server->pool, fd, peer);
    set_accepting(server);
}

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct wsub_http_server *server = arg;

    if (!server->starved)
        wsub_log_warn("http-accept-failed", WSUB_KV("address", server->address),
                      WSUB_KV("error", strerror(errno)));
    server->starved = true;
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

static struct wsub_http_server *
new_server(struct event_base *base, const struct wsub_http_server_options *o)
{
    struct wsub_http_server *server = wsub_calloc(1, sizeof(*server));

    server->pool = (struct wsub_http_pool){
        .base = base,
        .max_body_bytes = o->max_body_bytes,
        .request_timeout_ms = o->request_timeout_ms,
        .idle_timeout_ms = o->idle_timeout_ms,
        .on_request = on_request,
        .on_freed = on_connection_freed,
        .owner = server,
    };
    server->max_connections = o->max_connections > 0 ? o->max_connections : 1;
    server->routes = o->routes;
    server->on_stray = o->on_stray;
    server->arg = o->arg;
    wsub_timer_init(&server->retry, base, on_retry, server);
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
    wsub_timer_done(&server->retry);
    wsub_timer_done(&server->empty);
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
