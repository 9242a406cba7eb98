/* host_order.c - see host_order.h.
 *
 *   token -> JSON -> order stored -> 200, and the processes carry it out
 *              |          |'-> 409   there are as many orders as may be
 *              |          '--> 503
 *              '-> 400, 415
 */
#include "hub/host_order.h"

#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/store/host_orders.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/order_body.h"

#define SECONDS_DEFAULT 3600
#define SECONDS_MAX 604800

struct flow {
    struct wsub_http_request *req;
    enum wsub_host_action action;
    char *host; /* owned */
};

static void on_ordered(enum wsub_err err, uint64_t until_ms, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        hub_json_respond(
            flow->req, json_pack("{s:s, s:s, s:I}", "host", flow->host,
                                 "action", wsub_host_action_name(flow->action),
                                 "until_ms", (json_int_t)until_ms));
    else if (err == WSUB_ERR_FULL)
        hub_refuse(flow->req, HUB_FAULT_CONFLICT, NULL,
                   "There are %d orders of hosts already.",
                   WSUB_HOST_ORDERS_MAX);
    else
        hub_refuse_unavailable(flow->req);
    free(flow->host);
    free(flow);
}

/* SCHEME://NAME, with or without the port, as reports spell it; NULL when it is
 * wrong. */
static char *take_host(const json_t *body, struct hub_errors *errors)
{
    static const char name[] = "host";
    const char *text = hub_order_text(body, name, errors);
    struct wsub_buf url_text = {0}, host = {0};
    struct wsub_url url;
    enum wsub_url_fault fault;

    if (text == NULL) {
        hub_order_need(body, name, errors);
        return NULL;
    }
    wsub_buf_printf(&url_text, "%s/", text);
    fault = wsub_url_parse(url_text.data, NULL, &url);
    wsub_buf_done(&url_text);
    if (fault != WSUB_URL_FINE || strpbrk(strstr(text, "://") + 3, "/?")) {
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be http://NAME or https://NAME, with :PORT or "
                       "without.",
                       name);
        return NULL;
    }
    wsub_buf_printf(&host, "%s://%s:%u", url.https ? "https" : "http", url.host,
                    (unsigned)url.port);
    return wsub_buf_take(&host);
}

static uint64_t take_seconds(const json_t *body, struct hub_errors *errors)
{
    static const char name[] = "seconds";
    const json_t *field = json_object_get(body, name);
    json_int_t seconds = json_integer_value(field);

    if (field == NULL || json_is_null(field))
        return SECONDS_DEFAULT;
    if (!json_is_integer(field) || seconds < 1 || seconds > SECONDS_MAX)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be a whole number from 1 to %d.", name,
                       SECONDS_MAX);
    return (uint64_t)seconds;
}

static void order(struct hub *hub, struct wsub_http_request *req,
                  enum wsub_host_action action)
{
    static const char *const names[] = {"host", "seconds"};
    bool is_open = action == WSUB_HOST_ACTION_OPEN;
    struct hub_errors errors = {0};
    json_t *body = hub_order_body(req, names, is_open ? 2 : 1, &errors);
    char *host = NULL;
    uint64_t for_ms = WSUB_HOST_CLOSE_MS;
    struct flow *flow;

    if (body != NULL) {
        host = take_host(body, &errors);
        if (is_open)
            for_ms = take_seconds(body, &errors) * 1000;
    }
    if (hub_errors_respond(&errors, req)) {
        free(host);
    } else {
        flow = wsub_calloc(1, sizeof(*flow));
        *flow = (struct flow){.req = req, .action = action, .host = host};
        wsub_host_order(hub->store, host, action, for_ms, on_ordered, flow);
    }
    json_decref(body);
}

void hub_host_open(struct wsub_http_request *req, void *hub)
{
    order(hub, req, WSUB_HOST_ACTION_OPEN);
}

void hub_host_close(struct wsub_http_request *req, void *hub)
{
    order(hub, req, WSUB_HOST_ACTION_CLOSE);
}
