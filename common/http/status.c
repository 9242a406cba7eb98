#include "common/http/status.h"

#include "common/base/buf.h"
#include "common/base/metrics.h"
#include "common/http/respond.h"
#include "common/http/server.h"

/* The clients are few and known: scrapers, probes, people. */
#define MAX_CONNECTIONS 32
#define MAX_BODY_BYTES 1024
#define REQUEST_TIMEOUT_MS 5000
#define IDLE_TIMEOUT_MS 60000

void wsub_status_health(struct wsub_http_request *req)
{
    wsub_http_respond_text(req, 200, "ok");
}

void wsub_status_ready(struct wsub_http_request *req,
                       const struct wsub_status_source *source)
{
    char reason[WSUB_STATUS_REASON_BYTES] = "";

    if (source->ready(source->arg, reason))
        wsub_http_respond_text(req, 200, "ready%s%s",
                               reason[0] != '\0' ? ": " : "", reason);
    else
        wsub_http_respond_text(req, 503, "%s", reason);
}

void wsub_status_metrics(struct wsub_http_request *req)
{
    struct wsub_buf text = {0};

    wsub_metrics_print(&text);
    wsub_http_respond(req, 200, "text/plain; version=0.0.4; charset=utf-8",
                      wsub_buf_cstr(&text), text.len);
    wsub_buf_done(&text);
}

static void on_health(struct wsub_http_request *req, void *arg)
{
    const struct wsub_status_source *source = arg;

    if (source->health != NULL)
        source->health(req, source->arg);
    else
        wsub_status_health(req);
}

static void on_ready(struct wsub_http_request *req, void *arg)
{
    wsub_status_ready(req, arg);
}

static void on_metrics(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_status_metrics(req);
}

static const struct wsub_http_route routes[] = {
    {"GET", "/healthz", on_health, NULL, 0},
    {"GET", "/readyz", on_ready, NULL, 0},
    {"GET", "/metrics", on_metrics, NULL, 0},
    {0},
};

enum wsub_err wsub_status_server_new(struct event_base *base,
                                     const char *listen,
                                     struct wsub_status_source *source,
                                     char err_text[256],
                                     struct wsub_http_server **ret_server)
{
    struct wsub_http_server_options options = {
        .listen = listen,
        .routes = routes,
        .arg = source,
        .max_body_bytes = MAX_BODY_BYTES,
        .max_connections = MAX_CONNECTIONS,
        .request_timeout_ms = REQUEST_TIMEOUT_MS,
        .idle_timeout_ms = IDLE_TIMEOUT_MS,
    };

    if (listen[0] == '\0') {
        *ret_server = NULL;
        return WSUB_OK;
    }
    return wsub_http_server_new(base, &options, err_text, ret_server);
}
