/* topics.c - see topics.h.
 *
 *   check -> HMGET topic:TD -> 200 {"topic": ..., "fetch": {...}}
 *                         '--> 404   never fetched, or forgotten
 *                         '--> 503
 */
#include "hub/topics.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"

struct flow {
    struct wsub_http_request *req;
    struct wsub_buf topic; /* owned; normalized */
};

enum { STATUS, ERROR, AT, FAILURES, FIELDS_MAX_ }; /* as they are asked for */

static void reply_fetch(const struct flow *flow, const struct redisReply *reply)
{
    json_int_t number[FIELDS_MAX_] = {0};
    const char *error = reply->element[ERROR]->str;

    for (size_t i = 0; i < FIELDS_MAX_; i++)
        if (i != ERROR && reply->element[i]->str != NULL)
            number[i] = strtoll(reply->element[i]->str, NULL, 10);
    hub_json_reply(flow->req,
                   json_pack("{s:s, s:{s:I, s:o, s:I, s:I}}", "topic",
                             flow->topic.data, "fetch", "status",
                             number[STATUS], "error",
                             hub_json_text(error != NULL ? error : ""), "at",
                             number[AT], "failures", number[FAILURES]));
}

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    free(flow);
}

static void on_state(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    else if (reply->element[STATUS]->str == NULL)
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, "hub.topic",
                   "No fetch of this topic is known.");
    else
        reply_fetch(flow, reply);
    flow_free(flow);
}

static void look_up(struct hub *hub, struct flow *flow)
{
    struct wsub_topic_ref ref = wsub_topic_ref(hub->store, flow->topic.data);
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, hub->store, ref.shard, "topic", ref.digest);
    wsub_cmd_str(&cmd, "status");
    wsub_cmd_str(&cmd, "error");
    wsub_cmd_str(&cmd, "at");
    wsub_cmd_str(&cmd, "failures");
    if (wsub_store_send(hub->store, ref.shard, &cmd, on_state, flow) !=
        WSUB_OK) {
        hub_refuse_unavailable(flow->req);
        flow_free(flow);
    }
}

void hub_topics(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct wsub_form query = {0};
    const char *given;

    flow->req = req;
    if (hub_params_query(req, &errors, &query))
        hub_param_topic(hub, &query, WSUB_TOPIC_SUBSCRIBE, &errors, &given,
                        &flow->topic);
    wsub_form_done(&query);
    if (hub_errors_answer(&errors, req))
        flow_free(flow);
    else
        look_up(hub, flow);
}
