#include "hub/worker.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/cluster/member.h"
#include "common/http/server.h"
#include "common/program/startup.h"
#include "common/store/store.h"
#include "hub/api.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/pressure.h"
#include "hub/stats.h"
#include "hub/writable.h"

#define IDLE_TIMEOUT_MS 60000 /* a kept connection without a request */

struct hub_worker {
    struct hub hub;         /* for the requests; borrows from the rest */
    struct wsub_loop *loop; /* borrowed */
    struct wsub_store *store;
    struct wsub_member *member;
    struct hub_pressure *pressure;
    struct hub_writable *writable;
    struct wsub_keyring *ring;
    struct wsub_http_server *server;
    char *public_url;
    char *link_header;
};

static void on_restart(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_loop_restart(worker->loop);
}

/* Redis must not be used, or the process must not go on. */
static void on_refused(const char *sentence, void *arg)
{
    struct hub_worker *worker = arg;

    wsub_startup_failed(WSUB_PROGRAM_HUB, sentence);
    wsub_loop_finish(worker->loop, WSUB_EXIT_START);
}

static void on_redis_up(void *arg)
{
    struct hub_worker *worker = arg;

    hub_pressure_look(worker->pressure);
    wsub_member_redis_up(worker->member);
}

static enum wsub_err load_keys(struct hub_worker *worker, char err_text[256])
{
    const struct wsub_config *config = worker->hub.config;
    enum wsub_err err =
        wsub_keyring_load(config->secret_keys_file, err_text, &worker->ring);

    if (err == WSUB_OK && wsub_keyring_count(worker->ring) == 0)
        wsub_log_warn("secrets-in-plain-form",
                      WSUB_KV("remedy", "set secret_keys_file"));
    return err;
}

static enum wsub_err build_store(struct hub_worker *worker, char err_text[256])
{
    struct event_base *base = wsub_loop_base(worker->loop);
    enum wsub_err err = wsub_store_new(
        &(struct wsub_store_options){
            .base = base,
            .config = worker->hub.config,
            .on_up = on_redis_up,
            .on_unusable = on_refused,
            .arg = worker,
        },
        err_text, &worker->store);

    if (err != WSUB_OK)
        return err;
    worker->pressure = hub_pressure_new(base, worker->store);
    worker->writable = hub_writable_new(base, worker->store);
    worker->member = wsub_member_new(&(struct wsub_member_options){
        .base = base,
        .store = worker->store,
        .config = worker->hub.config,
        .program = WSUB_PROGRAM_HUB,
        .on_refused = on_refused,
        .on_restart = on_restart,
        .arg = worker,
    });
    return WSUB_OK;
}

/* Fills in what the requests share, but for what the server's address tells. */
static void share(struct hub_worker *worker)
{
    struct hub *hub = &worker->hub;

    hub->loop = worker->loop;
    hub->store = worker->store;
    hub->member = worker->member;
    hub->pressure = worker->pressure;
    hub->writable = worker->writable;
    hub->ring = worker->ring;
}

static bool is_on_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 ||
           strncmp(address, "[::1]", 5) == 0 ||
           strncmp(address, "unix:", 5) == 0;
}

/* Now that the port is known. */
static void make_public_url(struct hub_worker *worker)
{
    struct hub *hub = &worker->hub;
    const char *address = wsub_http_server_address(worker->server);
    struct wsub_buf text = {0};

    if (hub->config->public_url[0] != '\0')
        wsub_buf_str(&text, hub->config->public_url);
    else
        wsub_buf_printf(&text, "http://%s/", address);
    hub->public_url = worker->public_url = wsub_buf_take(&text);
    wsub_buf_printf(&text, "<%s>; rel=\"hub\"", hub->public_url);
    hub->link_header = worker->link_header = wsub_buf_take(&text);
    hub->on_loopback = is_on_loopback(address);
    if (hub->config->public_url[0] == '\0' && !hub->on_loopback)
        wsub_log_warn("public-url-unset",
                      WSUB_KV("public_url", hub->public_url),
                      WSUB_KV("remedy", "set public_url to the URL that "
                                        "subscribers see"));
}

static enum wsub_err listen_now(struct hub_worker *worker, char err_text[256])
{
    const struct wsub_config *config = worker->hub.config;
    enum wsub_err err = wsub_http_server_new(
        wsub_loop_base(worker->loop),
        &(struct wsub_http_server_options){
            .listen = config->listen,
            .routes = hub_routes,
            .on_stray = hub_refuse_stray,
            .arg = &worker->hub,
            .max_body_bytes = config->max_body_bytes,
            .max_connections = config->max_connections,
            .request_timeout_ms = config->request_timeout_ms,
            .idle_timeout_ms = IDLE_TIMEOUT_MS,
        },
        err_text, &worker->server);

    if (err != WSUB_OK)
        return err;
    make_public_url(worker);
    wsub_store_announce(worker->store, worker->public_url);
    return WSUB_OK;
}

static enum wsub_err build(struct hub_worker *worker, char err_text[256])
{
    enum wsub_err err = load_keys(worker, err_text);

    if (err == WSUB_OK)
        err = build_store(worker, err_text);
    if (err != WSUB_OK)
        return err;
    share(worker);
    return listen_now(worker, err_text);
}

enum wsub_err hub_worker_new(const struct wsub_config *config,
                             struct wsub_loop *loop, char err_text[256],
                             struct hub_worker **ret_worker)
{
    struct hub_worker *worker = wsub_calloc(1, sizeof(*worker));
    enum wsub_err err;

    worker->loop = loop;
    worker->hub.config = config;
    wsub_metrics_register(hub_stats, HUB_STAT_MAX_);
    err = build(worker, err_text);
    if (err != WSUB_OK)
        hub_worker_free(worker);
    else
        *ret_worker = worker;
    return err;
}

void hub_worker_free(struct hub_worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->store != NULL)
        wsub_store_close(worker->store); /* ends the calls: 503 */
    wsub_http_server_free(worker->server);
    hub_pressure_free(worker->pressure);
    hub_writable_free(worker->writable);
    wsub_member_free(worker->member);
    wsub_store_free(worker->store);
    wsub_keyring_free(worker->ring);
    free(worker->public_url);
    free(worker->link_header);
    free(worker);
}

static void on_left(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_loop_finish(worker->loop, WSUB_EXIT_OK);
}

static void on_empty(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_member_leave(worker->member, wsub_loop_restarting(worker->loop),
                      on_left, worker);
}

void hub_worker_drain(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_http_server_drain(worker->server, on_empty, worker);
}

const char *hub_worker_address(const struct hub_worker *worker)
{
    return wsub_http_server_address(worker->server);
}

void hub_worker_start(void *arg, const char *address)
{
    struct hub_worker *worker = arg;

    wsub_member_start(worker->member, address);
}
