/* subscription_delete.c - see subscription_delete.h.
 *
 *   check -.-> walk of deny.c (told) ----------------------.-> 200
 *          '-> removed at home -> of `*` its replicas too -+-> 404
 *                                                          '-> 503
 *
 * Replicas go after the subscription, and also when there is none any more: a
 * repetition ends what a hub that died has left. */
#include "hub/subscription_delete.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/store.h"
#include "common/store/subscription_orders.h"
#include "common/store/topic.h"
#include "hub/deny.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/order_body.h"
#include "hub/params.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_buf topic, callback; /* owned; in normal spelling */
    char *reason;                    /* owned; "" without one */
    bool tell;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation; /* of the removal */
    struct wsub_countdown replicas;
    bool is_unknown; /* there is nothing to end */
    enum wsub_err err;
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    wsub_buf_done(&flow->callback);
    free(flow->reason);
    free(flow);
}

static void finish(void *arg)
{
    struct flow *flow = arg;

    if (flow->err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    else if (flow->is_unknown)
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, NULL,
                   "There is no such subscription.");
    else
        hub_json_respond(flow->req, json_pack("{s:b}", "deleted", 1));
    flow_free(flow);
}

static void on_denied(enum wsub_err err, uint64_t ended, void *arg)
{
    struct flow *flow = arg;

    flow->err = err;
    flow->is_unknown = ended == 0;
    finish(flow);
}

static void on_replica(const struct wsub_ordered *done, void *arg)
{
    struct flow *flow = arg;

    if (done->err != WSUB_OK)
        flow->err = done->err;
    wsub_countdown_off(&flow->replicas);
}

static void remove_at(struct flow *flow, unsigned shard, wsub_ordered_cb *cb)
{
    wsub_subscription_remove(flow->hub->store,
                             &(struct wsub_subscription_name){
                                 .shard = shard,
                                 .td = flow->ref.digest,
                                 .cd = flow->cd,
                                 .topic = flow->topic.data,
                                 .is_replica = shard != flow->ref.shard,
                                 .removed = flow->generation,
                             },
                             cb, flow);
}

static void remove_replicas(struct flow *flow)
{
    wsub_countdown_start(&flow->replicas, finish, flow);
    for (unsigned n = 0; n < wsub_store_shards(flow->hub->store); n++)
        if (n != flow->ref.shard) {
            wsub_countdown_add(&flow->replicas);
            remove_at(flow, n, on_replica);
        }
    wsub_countdown_off(&flow->replicas);
}

static void on_removed(const struct wsub_ordered *done, void *arg)
{
    struct flow *flow = arg;

    flow->is_unknown = done->err == WSUB_ERR_NOT_FOUND;
    if (!flow->is_unknown)
        flow->err = done->err;
    flow->generation = done->generation;
    if (flow->err == WSUB_OK && strcmp(flow->topic.data, WSUB_TOPIC_ALL) == 0)
        remove_replicas(flow);
    else
        finish(flow);
}

static void carry_out(struct flow *flow)
{
    flow->ref = wsub_topic_ref(flow->hub->store, flow->topic.data);
    wsub_digest(flow->callback.data, flow->callback.len, flow->cd);
    if (flow->tell)
        hub_deny(flow->hub->store, flow->topic.data, flow->cd, flow->reason,
                 on_denied, flow);
    else
        remove_at(flow, flow->ref.shard, on_removed);
}

static void take_reason(struct flow *flow, const json_t *body,
                        struct hub_errors *errors)
{
    static const char name[] = "reason";
    const char *reason = hub_order_text(body, name, errors);

    if (reason != NULL && strlen(reason) > HUB_REASON_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_REASON, name,
                       "%s must be at most %d bytes.", name,
                       HUB_REASON_MAX_BYTES);
    else if (reason != NULL && !flow->tell)
        hub_errors_add(errors, HUB_FAULT_REASON, name,
                       "%s is told to nobody where tell is false.", name);
    flow->reason = wsub_strdup(reason != NULL ? reason : "");
}

static void take(struct flow *flow, struct hub_errors *errors)
{
    static const char *const names[] = {"topic", "callback", "tell", "reason"};
    json_t *body = hub_order_body(flow->req, names,
                                  sizeof(names) / sizeof(*names), errors);

    if (body == NULL)
        return;
    hub_order_subscription(flow->hub, body, errors, &flow->topic,
                           &flow->callback);
    flow->tell = hub_order_switch(body, "tell", true, errors);
    take_reason(flow, body, errors);
    json_decref(body);
}

void hub_subscription_delete(struct wsub_http_request *req, void *hub)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_errors errors = {0};

    flow->hub = hub;
    flow->req = req;
    take(flow, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        carry_out(flow);
}
