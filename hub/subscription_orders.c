/* subscription_orders.c - see subscription_orders.h.
 *
 *   check -> the subscription's shard, of `*` each shard -> 200
 *     '-> 400                                           |'-> 404
 *                                                       '--> 503
 */
#include "hub/subscription_orders.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/place.h"
#include "common/store/store.h"
#include "common/store/subscription_orders.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/order_body.h"

typedef void order_call(struct wsub_store *store,
                        const struct wsub_subscription_name *name,
                        wsub_ordered_cb *cb, void *arg);

struct flow;

/* A kind of order. */
struct kind {
    order_call *call;
    bool is_everywhere;                           /* replicas take part */
    json_t *(*response)(const struct flow *flow); /* once it is carried out */
};

struct flow {
    const struct kind *kind; /* const */
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_buf topic, callback; /* owned; in normal spelling */
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
    struct wsub_countdown all;
    bool is_unknown; /* there is no such subscription */
    enum wsub_err err;
    uint64_t count;          /* of all shards */
    struct wsub_place event; /* of a test */
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    wsub_buf_done(&flow->callback);
    free(flow);
}

static void on_all_done(void *arg)
{
    struct flow *flow = arg;

    if (flow->err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    else if (flow->is_unknown)
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, NULL,
                   "There is no such subscription.");
    else
        hub_json_respond(flow->req, flow->kind->response(flow));
    flow_free(flow);
}

static void note(struct flow *flow, const struct wsub_ordered *done)
{
    if (done->err == WSUB_ERR_NOT_FOUND)
        flow->is_unknown = true;
    else if (done->err != WSUB_OK)
        flow->err = done->err;
    flow->count += done->count;
    if (done->event != NULL)
        flow->event = wsub_place_of(flow->ref.shard, done->event);
}

static void on_replica_done(const struct wsub_ordered *done, void *arg)
{
    struct flow *flow = arg;

    note(flow, done);
    wsub_countdown_off(&flow->all);
}

static void send(struct flow *flow, unsigned shard, wsub_ordered_cb *cb)
{
    wsub_countdown_add(&flow->all);
    flow->kind->call(flow->hub->store,
                     &(struct wsub_subscription_name){
                         .shard = shard,
                         .td = flow->ref.digest,
                         .cd = flow->cd,
                         .topic = flow->topic.data,
                         .is_replica = shard != flow->ref.shard,
                     },
                     cb, flow);
}

/* Where there is no subscription no replica is on its way either. */
static void on_done(const struct wsub_ordered *done, void *arg)
{
    struct flow *flow = arg;
    bool is_everywhere = flow->kind->is_everywhere &&
                         strcmp(flow->topic.data, WSUB_TOPIC_ALL) == 0;

    note(flow, done);
    if (done->err == WSUB_OK && is_everywhere)
        for (unsigned n = 0; n < wsub_store_shards(flow->hub->store); n++)
            if (n != flow->ref.shard)
                send(flow, n, on_replica_done);
    wsub_countdown_off(&flow->all);
}

static void carry_out(struct flow *flow)
{
    flow->ref = wsub_topic_ref(flow->hub->store, flow->topic.data);
    wsub_digest(flow->callback.data, flow->callback.len, flow->cd);
    wsub_countdown_start(&flow->all, on_all_done, flow);
    send(flow, flow->ref.shard, on_done);
    wsub_countdown_off(&flow->all);
}

static void take(struct flow *flow, struct hub_errors *errors)
{
    static const char *const names[] = {"topic", "callback"};
    json_t *body = hub_order_body(flow->req, names,
                                  sizeof(names) / sizeof(*names), errors);

    if (body == NULL)
        return;
    hub_order_subscription(flow->hub, body, errors, &flow->topic,
                           &flow->callback);
    json_decref(body);
}

static void start(const struct kind *kind, struct wsub_http_request *req,
                  struct hub *hub)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_errors errors = {0};

    flow->kind = kind;
    flow->hub = hub;
    flow->req = req;
    take(flow, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        carry_out(flow);
}

static json_t *paused(const struct flow *flow)
{
    (void)flow;
    return json_pack("{s:b}", "paused", 1);
}

static json_t *resumed(const struct flow *flow)
{
    (void)flow;
    return json_pack("{s:b}", "paused", 0);
}

static json_t *made_due(const struct flow *flow)
{
    return json_pack("{s:I}", "due", (json_int_t)flow->count);
}

static json_t *sent(const struct flow *flow)
{
    return json_pack("{s:o}", "event", hub_json_place(&flow->event));
}

void hub_subscription_pause(struct wsub_http_request *req, void *hub)
{
    static const struct kind kind = {wsub_subscription_pause, true, paused};

    start(&kind, req, hub);
}

void hub_subscription_resume(struct wsub_http_request *req, void *hub)
{
    static const struct kind kind = {wsub_subscription_resume, true, resumed};

    start(&kind, req, hub);
}

void hub_subscription_due(struct wsub_http_request *req, void *hub)
{
    static const struct kind kind = {wsub_subscription_due, true, made_due};

    start(&kind, req, hub);
}

void hub_subscription_test(struct wsub_http_request *req, void *hub)
{
    static const struct kind kind = {wsub_subscription_test, false, sent};

    start(&kind, req, hub);
}
