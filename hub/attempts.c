/* attempts.c - see attempts.h.
 *
 *   token -> check -> find -> 200 {"state": ..., "attempts": [...]}
 *                         '--> 404   there is no such subscription
 *                         '--> 503
 */
#include "hub/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/subscriptions.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"

static json_t *attempt_json(const struct wsub_attempt *attempt)
{
    return json_pack("{s:I, s:i, s:I, s:I, s:o}", "at_ms",
                     (json_int_t)attempt->at_ms, "status", (int)attempt->status,
                     "duration_ms", (json_int_t)attempt->duration_ms, "bytes",
                     (json_int_t)attempt->bytes, "error",
                     hub_json_text(wsub_attempt_error_word(attempt->error)));
}

static void add_log(json_t *root, const struct wsub_attempt_log *log)
{
    json_t *attempts = json_array();

    for (unsigned i = 0; i < log->count; i++)
        json_array_append_new(attempts, attempt_json(&log->attempts[i]));
    json_object_set_new(root, "delivered",
                        json_integer((json_int_t)log->delivered));
    json_object_set_new(root, "failed", json_integer((json_int_t)log->failed));
    json_object_set_new(root, "bytes", json_integer((json_int_t)log->bytes));
    json_object_set_new(root, "attempts", attempts);
}

/* Redis knows a topic's text only where it needs it: the request has it. */
struct flow {
    struct wsub_http_request *req; /* borrowed */
    char *topic;                   /* owned; in its normal spelling */
};

static json_t *found_json(const struct wsub_subscription *found,
                          const char *topic)
{
    const struct wsub_record *record = &found->record;
    json_t *root = json_pack(
        "{s:o, s:o, s:s, s:b, s:I, s:I, s:I}", "topic", hub_json_text(topic),
        "callback", hub_json_text(record->callback), "state",
        wsub_subscription_state(found), "ordered", (int)record->ordered,
        "generation", (json_int_t)record->generation, "lease_ends_at",
        (json_int_t)record->expires_s, "missed", (json_int_t)found->missed);

    if (found->suspended_ms > 0)
        json_object_set_new(root, "since_ms",
                            json_integer((json_int_t)found->suspended_ms));
    add_log(root, &found->log);
    return root;
}

static void on_found(enum wsub_err err, const struct wsub_subscription *found,
                     void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    else if (!found->active)
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, NULL,
                   "There is no such subscription.");
    else
        hub_json_respond(flow->req, found_json(found, flow->topic));
    free(flow->topic);
    free(flow);
}

static void look_up(struct hub *hub, struct wsub_http_request *req,
                    const struct wsub_buf *topic,
                    const struct wsub_buf *callback)
{
    struct wsub_subscription_key key = {
        .shard = wsub_topic_shard(hub->store, topic->data)};
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    wsub_digest(topic->data, topic->len, key.td);
    wsub_digest(callback->data, callback->len, key.cd);
    flow->req = req;
    flow->topic = wsub_strdup(topic->data);
    wsub_subscriptions_find(hub->store, &key, on_found, flow);
}

void hub_attempts(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct wsub_buf topic = {0}, callback = {0};
    const char *given;

    if (hub_params_query(req, &errors, &query)) {
        hub_param_topic(hub, &query, WSUB_TOPIC_SUBSCRIBE, &errors, &given,
                        &topic);
        hub_param_callback(hub, &query, &errors, &given, &callback);
    }
    if (!hub_errors_respond(&errors, req))
        look_up(hub, req, &topic, &callback);
    wsub_form_done(&query);
    wsub_buf_done(&topic);
    wsub_buf_done(&callback);
}
