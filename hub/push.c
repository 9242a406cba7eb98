/* push.c - see push.h.
 *
 *   check -> XADD log -> 202 {"id": ...}
 *     |  |          '--> 503
 *     |  '-> `push` script, with an Idempotency-Key: the same answers
 *     '----> 503   Redis is near its memory limit
 */
#include "hub/push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/params.h"
#include "hub/pressure.h"
#include "hub/stats.h"

#define TYPE_MAX_BYTES 1024 /* of a Content-Type */
#define KEY_MAX_BYTES 255   /* of an Idempotency-Key */
#define KEY_LASTS_S 86400   /* a publisher that comes back later has lost it */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    unsigned shard;
};

/* Strings are borrowed from the request. */
struct event {
    struct wsub_buf topic; /* owned; normalized */
    const char *type;
    const char *key; /* NULL: every push is an event of its own */
};

static void reply_event(struct flow *flow, const char *entry)
{
    char id[96], location[128], body[128];

    snprintf(id, sizeof(id), "%u-%s", flow->shard, entry);
    snprintf(location, sizeof(location), "/events/%s", id);
    snprintf(body, sizeof(body), "{\"id\":\"%s\"}\n", id);
    hub_stat_add(HUB_STAT_PUSH);
    wsub_http_respond_header(flow->req, "Location", location);
    wsub_http_respond_header(flow->req, "Link", flow->hub->link_header);
    wsub_http_respond(flow->req, 202, "application/json", body, strlen(body));
}

static void on_logged(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK) {
        reply_event(flow, reply->str);
    } else {
        if (err == WSUB_ERR_REFUSED)
            wsub_log_error("event-refused", WSUB_KV("error", reply->str));
        hub_refuse_unavailable(flow->req);
    }
    free(flow);
}

/* Appends the event whatever was pushed before. */
static void start_plain(struct wsub_cmd *cmd, const struct flow *flow)
{
    wsub_cmd_init(cmd, "XADD");
    wsub_store_key(cmd, flow->hub->store, flow->shard, "log", NULL);
    wsub_cmd_str(cmd, "*");
}

/* Appends it unless its topic had the key before. */
static void start_once(struct wsub_cmd *cmd, const struct flow *flow,
                       const struct event *event)
{
    char digest[WSUB_DIGEST_LEN + 1];
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "%s\n%s", event->topic.data, event->key);
    wsub_digest(text.data, text.len, digest);
    wsub_buf_done(&text);
    wsub_store_script(cmd, flow->hub->store, flow->shard, WSUB_SCRIPT_PUSH);
    wsub_cmd_str(cmd, digest);
    wsub_cmd_u64(cmd, KEY_LASTS_S);
}

static void log_event(struct flow *flow, const struct event *event)
{
    size_t len;
    const char *body = wsub_http_body(flow->req, &len);
    struct wsub_cmd cmd;

    if (event->key != NULL)
        start_once(&cmd, flow, event);
    else
        start_plain(&cmd, flow);
    wsub_cmd_str(&cmd, "v");
    wsub_cmd_str(&cmd, "1");
    wsub_cmd_str(&cmd, "t");
    wsub_cmd_arg(&cmd, event->topic.data, event->topic.len);
    wsub_cmd_str(&cmd, "ct");
    wsub_cmd_str(&cmd, event->type);
    wsub_cmd_str(&cmd, "b");
    wsub_cmd_arg(&cmd, body, len);
    if (wsub_store_send(flow->hub->store, flow->shard, &cmd, on_logged, flow) !=
        WSUB_OK) {
        hub_refuse_unavailable(flow->req);
        free(flow);
    }
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct event *event)
{
    unsigned shard = wsub_topic_ref(hub->store, event->topic.data).shard;
    struct flow *flow;

    if (hub_pressure_is_high(hub->pressure, shard)) {
        hub_refuse_memory(req);
        return;
    }
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    flow->shard = shard;
    log_event(flow, event);
}

static bool may_push(const struct hub *hub, struct wsub_http_request *req)
{
    if (hub->config->publish_token[0] == '\0' && !hub->on_loopback) {
        hub_refuse(req, HUB_FAULT_CLOSED, NULL,
                   "Content push is closed: the operator has to set "
                   "publish_token.");
        return false;
    }
    return hub_check_token(req, hub->config->publish_token);
}

/* The Content-Type of the event. */
static const char *take_type(struct wsub_http_request *req,
                             struct hub_errors *errors)
{
    const char *type = wsub_http_header(req, "Content-Type");

    if (type == NULL || type[0] == '\0')
        return "application/octet-stream";
    if (strlen(type) > TYPE_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "Content-Type is longer than %d bytes.", TYPE_MAX_BYTES);
    return type;
}

/* The Idempotency-Key, NULL without one. */
static const char *take_key(struct wsub_http_request *req,
                            struct hub_errors *errors)
{
    const char *key = wsub_http_header(req, "Idempotency-Key");
    size_t len = 0;

    if (key == NULL)
        return NULL;
    while (key[len] > ' ' && key[len] <= '~')
        len++;
    if (len == 0 || len > KEY_MAX_BYTES || key[len] != '\0')
        hub_errors_add(errors, HUB_FAULT_IDEMPOTENCY_KEY, NULL,
                       "Idempotency-Key must be 1 to %d visible ASCII "
                       "characters, and given once.",
                       KEY_MAX_BYTES);
    return key;
}

void hub_push(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct event event = {0};
    struct wsub_form query;
    const char *given;

    if (!may_push(hub, req))
        return;
    event.type = take_type(req, &errors);
    event.key = take_key(req, &errors);
    if (hub_params_query(req, &errors, &query)) {
        hub_param_topic(hub, &query, WSUB_TOPIC_PUSH, &errors, &given,
                        &event.topic);
        wsub_form_done(&query);
    }
    if (!hub_errors_answer(&errors, req))
        start(hub, req, &event);
    wsub_buf_done(&event.topic);
}
