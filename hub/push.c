/* push.c - see push.h.
 *
 *   check -> XADD log -> 202 {"id": ...}
 *                   '--> 503
 */
#include "hub/push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/params.h"
#include "hub/stats.h"

#define TYPE_MAX_BYTES 1024 /* of a Content-Type */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    unsigned shard;
};

static void reply_event(struct flow *flow, const char *entry)
{
    char id[96], location[128], body[128];

    snprintf(id, sizeof(id), "%u-%s", flow->shard, entry);
    snprintf(location, sizeof(location), "/events/%s", id);
    snprintf(body, sizeof(body), "{\"id\":\"%s\"}\n", id);
    hub_stat_add(HUB_STAT_PUSH);
    wsub_http_reply_header(flow->req, "Location", location);
    wsub_http_reply_header(flow->req, "Link", flow->hub->link_header);
    wsub_http_reply(flow->req, 202, "application/json", body, strlen(body));
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

static void log_event(struct hub *hub, struct wsub_http_request *req,
                      const struct wsub_buf *topic, const char *type)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    size_t len;
    const char *body = wsub_http_body(req, &len);
    struct wsub_cmd cmd;

    flow->hub = hub;
    flow->req = req;
    flow->shard = wsub_topic_ref(hub->redis, topic->data).shard;
    wsub_cmd_init(&cmd, "XADD");
    wsub_cmd_key(&cmd, hub->redis, flow->shard, "log", NULL);
    wsub_cmd_str(&cmd, "*");
    wsub_cmd_str(&cmd, "v");
    wsub_cmd_str(&cmd, "1");
    wsub_cmd_str(&cmd, "t");
    wsub_cmd_arg(&cmd, topic->data, topic->len);
    wsub_cmd_str(&cmd, "ct");
    wsub_cmd_str(&cmd, type);
    wsub_cmd_str(&cmd, "b");
    wsub_cmd_arg(&cmd, body, len);
    if (wsub_redis_send(hub->redis, flow->shard, &cmd, on_logged, flow) !=
        WSUB_OK) {
        hub_refuse_unavailable(req);
        free(flow);
    }
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

void hub_push(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_buf topic = {0};
    const char *type, *given;
    struct wsub_form query;

    if (!may_push(hub, req))
        return;
    type = take_type(req, &errors);
    if (hub_params_query(req, &errors, &query)) {
        hub_param_topic(hub, &query, WSUB_TOPIC_PUSH, &errors, &given, &topic);
        wsub_form_done(&query);
    }
    if (!hub_errors_answer(&errors, req))
        log_event(hub, req, &topic, type);
    wsub_buf_done(&topic);
}
