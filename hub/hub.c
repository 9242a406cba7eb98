#include "hub/hub.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/startup.h"
#include "common/http/server.h"
#include "common/store/store.h"
#include "hub/api.h"
#include "hub/errors.h"
#include "hub/pressure.h"
#include "hub/stats.h"
#include "hub/writable.h"

#define IDLE_TIMEOUT_MS 60000 /* a kept connection without a request */

static void on_redis_unusable(const char *sentence, void *arg)
{
    struct hub *hub = arg;

    wsub_startup_failed(WSUB_PROGRAM_HUB, sentence);
    wsub_loop_finish(hub->loop, WSUB_EXIT_START);
}

static void on_redis_up(void *arg)
{
    struct hub *hub = arg;

    hub_pressure_look(hub->pressure);
}

/* Now that the port is known. */
static void make_public_url(struct hub *hub)
{
    const char *address = wsub_http_server_address(hub->server);
    struct wsub_buf text = {0};

    if (hub->config->public_url[0] != '\0')
        wsub_buf_str(&text, hub->config->public_url);
    else
        wsub_buf_printf(&text, "http://%s/", address);
    hub->public_url = wsub_buf_take(&text);
    wsub_buf_printf(&text, "<%s>; rel=\"hub\"", hub->public_url);
    hub->link_header = wsub_buf_take(&text);
    hub->on_loopback = strncmp(address, "127.", 4) == 0 ||
                       strncmp(address, "[::1]", 5) == 0 ||
                       strncmp(address, "unix:", 5) == 0;
}

static enum wsub_err listen_now(struct hub *hub, char err_text[256])
{
    const struct wsub_config *config = hub->config;
    enum wsub_err err = wsub_http_server_new(
        wsub_loop_base(hub->loop),
        &(struct wsub_http_server_options){
            .listen = config->listen,
            .routes = hub_routes,
            .on_stray = hub_refuse_stray,
            .arg = hub,
            .max_body_bytes = config->max_body_bytes,
            .max_connections = config->max_connections,
            .request_timeout_ms = config->request_timeout_ms,
            .idle_timeout_ms = IDLE_TIMEOUT_MS,
        },
        err_text, &hub->server);

    if (err != WSUB_OK)
        return err;
    make_public_url(hub);
    if (config->public_url[0] == '\0' && !hub->on_loopback)
        wsub_log_warn("public-url-unset",
                      WSUB_KV("public_url", hub->public_url),
                      WSUB_KV("remedy", "set public_url to the URL that "
                                        "subscribers see"));
    wsub_store_announce(hub->store, hub->public_url);
    return WSUB_OK;
}

enum wsub_err hub_init(struct hub *hub, const struct wsub_config *config,
                       struct wsub_loop *loop, char err_text[256])
{
    enum wsub_err err;

    hub->config = config;
    hub->loop = loop;
    hub_stats_register();
    err = wsub_keyring_load(config->secret_keys_file, err_text, &hub->ring);
    if (err == WSUB_OK && wsub_keyring_count(hub->ring) == 0)
        wsub_log_warn("secrets-in-plain-form",
                      WSUB_KV("remedy", "set secret_keys_file"));
    if (err == WSUB_OK)
        err = wsub_store_new(
            &(struct wsub_store_options){
                .base = wsub_loop_base(loop),
                .config = config,
                .on_up = on_redis_up,
                .on_unusable = on_redis_unusable,
                .arg = hub,
            },
            err_text, &hub->store);
    if (err == WSUB_OK) {
        hub->pressure = hub_pressure_new(hub);
        hub->writable = hub_writable_new(hub);
        err = listen_now(hub, err_text);
    }
    return err;
}

void hub_done(struct hub *hub)
{
    if (hub->store != NULL)
        wsub_store_close(hub->store); /* answers what waits for Redis */
    wsub_http_server_free(hub->server);
    hub_pressure_free(hub->pressure);
    hub_writable_free(hub->writable);
    wsub_store_free(hub->store);
    wsub_keyring_free(hub->ring);
    free(hub->public_url);
    free(hub->link_header);
}

static void on_empty(void *arg)
{
    struct hub *hub = arg;

    wsub_loop_finish(hub->loop, WSUB_EXIT_OK);
}

void hub_drain(void *arg)
{
    struct hub *hub = arg;

    wsub_http_server_drain(hub->server, on_empty, hub);
}
