#include "hub/listeners.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/http/server.h"
#include "hub/api.h"
#include "hub/pull/subscription.h"

#define CLIENTS_LEAST 10
#define CONNECTIONS_LEAST 16
#define IDLE_TIMEOUT_MS 60000 /* a kept connection without a request */

/* Operators and their tools are few. */
#define ADMIN_CONNECTIONS 64

struct hub_listeners {
    struct wsub_http_server *public_one, *admin; /* owned; admin may be NULL */
    struct wsub_http_route *public_routes, *admin_routes; /* owned */
    struct wsub_countdown busy; /* servers that drain */
};

static bool is_metrics(const char *path)
{
    return strcmp(path, "/metrics") == 0;
}

static bool is_admin(const char *path)
{
    return strncmp(path, "/admin/", 7) == 0 ||
           strncmp(path, "/dashboard", 10) == 0;
}

static bool is_public(const struct wsub_config *config, const char *path)
{
    if (is_admin(path))
        return config->admin_listen[0] == '\0';
    return !is_metrics(path) || (config->status_listen[0] == '\0' &&
                                 config->admin_listen[0] == '\0');
}

static bool is_for_operators(const struct wsub_config *config, const char *path)
{
    (void)config;
    return is_admin(path) || is_metrics(path) ||
           strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0;
}

/* The routes that are served somewhere; to be freed. */
static struct wsub_http_route *
choose(bool (*is_served)(const struct wsub_config *config, const char *path),
       const struct wsub_config *config)
{
    struct wsub_http_route *routes;
    size_t count = 0;

    for (const struct wsub_http_route *r = hub_routes; r->path != NULL; r++)
        count++;
    routes = wsub_calloc(count + 1, sizeof(*routes));
    count = 0;
    for (const struct wsub_http_route *r = hub_routes; r->path != NULL; r++)
        if (is_served(config, r->path))
            routes[count++] = *r;
    return routes;
}

/* A tenth, so that ten clients are needed to use up all; of few connections it
 * would be too little for one that keeps some. */
static uint32_t connections_per_client(const struct wsub_config *config)
{
    uint32_t tenth = config->max_connections / CLIENTS_LEAST;

    if (config->max_connections_per_client > 0)
        return config->max_connections_per_client;
    return tenth > CONNECTIONS_LEAST ? tenth : CONNECTIONS_LEAST;
}

static enum wsub_err listen_public(struct hub_listeners *listeners,
                                   const struct hub_listeners_options *o,
                                   char err_text[256])
{
    const struct wsub_config *config = o->config;

    listeners->public_routes = choose(is_public, config);
    return wsub_http_server_new(
        o->base,
        &(struct wsub_http_server_options){
            .listen = config->listen,
            .name = "public",
            .routes = listeners->public_routes,
            .on_stray = hub_stray,
            .on_response = o->on_response,
            .json_errors_at = HUB_PULL_PATH,
            .arg = o->hub,
            .max_body_bytes = config->max_body_bytes,
            .max_inflight_bytes = config->max_inflight_bytes,
            .on_load = o->on_load,
            .max_connections = config->max_connections,
            .max_connections_per_client = connections_per_client(config),
            .exempt = o->proxies,
            .request_timeout_ms = config->request_timeout_ms,
            .idle_timeout_ms = IDLE_TIMEOUT_MS,
        },
        err_text, &listeners->public_one);
}

static enum wsub_err listen_admin(struct hub_listeners *listeners,
                                  const struct hub_listeners_options *o,
                                  char err_text[256])
{
    listeners->admin_routes = choose(is_for_operators, o->config);
    return wsub_http_server_new(
        o->base,
        &(struct wsub_http_server_options){
            .listen = o->config->admin_listen,
            .name = "admin",
            .routes = listeners->admin_routes,
            .on_stray = hub_stray,
            .on_response = o->on_response,
            .arg = o->hub,
            .max_body_bytes = o->config->max_body_bytes,
            .max_inflight_bytes = o->config->max_inflight_bytes,
            .max_connections = ADMIN_CONNECTIONS,
            .request_timeout_ms = o->config->request_timeout_ms,
            .idle_timeout_ms = IDLE_TIMEOUT_MS,
        },
        err_text, &listeners->admin);
}

enum wsub_err hub_listeners_new(const struct hub_listeners_options *options,
                                char err_text[256],
                                struct hub_listeners **ret_listeners)
{
    struct hub_listeners *listeners = wsub_calloc(1, sizeof(*listeners));
    enum wsub_err err = listen_public(listeners, options, err_text);

    if (err == WSUB_OK && options->config->admin_listen[0] != '\0')
        err = listen_admin(listeners, options, err_text);
    if (err != WSUB_OK) {
        hub_listeners_free(listeners);
        return err;
    }
    *ret_listeners = listeners;
    return WSUB_OK;
}

void hub_listeners_free(struct hub_listeners *listeners)
{
    if (listeners == NULL)
        return;
    wsub_http_server_free(listeners->public_one);
    wsub_http_server_free(listeners->admin);
    free(listeners->public_routes);
    free(listeners->admin_routes);
    free(listeners);
}

static void on_server_empty(void *arg)
{
    struct hub_listeners *listeners = arg;

    wsub_countdown_off(&listeners->busy);
}

void hub_listeners_drain(struct hub_listeners *listeners,
                         void (*on_empty)(void *arg), void *arg)
{
    struct wsub_http_server *servers[] = {listeners->public_one,
                                          listeners->admin};

    wsub_countdown_start(&listeners->busy, on_empty, arg);
    for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
        if (servers[i] == NULL)
            continue;
        wsub_countdown_add(&listeners->busy);
        wsub_http_server_drain(servers[i], on_server_empty, listeners);
    }
    wsub_countdown_off(&listeners->busy);
}

const char *hub_listeners_address(const struct hub_listeners *listeners)
{
    return wsub_http_server_address(listeners->public_one);
}

const char *hub_listeners_admin(const struct hub_listeners *listeners)
{
    return wsub_http_server_address(listeners->admin);
}
