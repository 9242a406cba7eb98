/* topic_event.c - see topic_event.h.
 *
 *   find -> 200 {..., "content": ...}
 *      '--> 404, 503
 *
 *   deliver: check -> its topic -.-> replay of the event -> 202
 *                            |   '-> the callback's subscription, level by level
 *                            '-> 404, 503                   -> replay | 404
 */
#include "hub/topic_event.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/route.h"
#include "common/store/event_status.h"
#include "common/store/store.h"
#include "common/store/subscription_list.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/event_row.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/order_body.h"
#include "hub/replay_order.h"

#define ID_SEGMENT 2 /* of /admin/topic-events/ID */
#define CONTENT_MAX_BYTES 65536

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_place event;
    /* Of a delivery: */
    struct wsub_buf callback; /* owned; in its normal spelling */
    char *given_callback;     /* owned; NULL: all */
    char cd[WSUB_DIGEST_LEN + 1];
    char *topic; /* owned; of the event */
    int level;   /* of it, which is looked at */
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->callback);
    free(flow->given_callback);
    free(flow->topic);
    free(flow);
}

static void respond_not_found(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL,
               "There is no such event, or it is not kept any more.");
}

static void refuse(struct flow *flow, enum wsub_err err)
{
    if (err == WSUB_ERR_NOT_FOUND)
        respond_not_found(flow->req);
    else
        hub_refuse_unavailable(flow->req);
    flow_free(flow);
}

/* NULL, and responded, where the path has no id of an event. */
static struct flow *flow_new(struct hub *hub, struct wsub_http_request *req)
{
    char id[WSUB_PLACE_BYTES];
    struct wsub_place event;
    struct flow *flow;

    if (!wsub_http_route_segment(req, ID_SEGMENT, id, sizeof(id)) ||
        !wsub_place_parse(id, wsub_store_shards(hub->store), &event)) {
        respond_not_found(req);
        return NULL;
    }
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    flow->event = event;
    return flow;
}

/* Its content. */

static void on_event(enum wsub_err err, const struct wsub_event_status *status,
                     void *arg)
{
    struct flow *flow = arg;
    size_t len;
    json_t *root;

    if (err != WSUB_OK) {
        refuse(flow, err);
        return;
    }
    len = status->body_bytes < CONTENT_MAX_BYTES ? (size_t)status->body_bytes
                                                 : CONTENT_MAX_BYTES;
    root = hub_event_row(&flow->event, status);
    json_object_set_new(root, "content", hub_json_base64(status->body, len));
    json_object_set_new(root, "truncated",
                        json_boolean(len < status->body_bytes));
    hub_json_respond(flow->req, root);
    flow_free(flow);
}

void hub_topic_event(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct flow *flow = flow_new(hub, req);

    if (flow != NULL)
        wsub_event_status(hub->store, &flow->event, true, on_event, flow);
}

/* That it is delivered again. */

/* To the subscriptions to `topic`, which is that of the event or above. */
static void begin_replay(struct flow *flow, const char *topic)
{
    char id[WSUB_PLACE_BYTES], text[WSUB_PLACE_BYTES];

    wsub_place_id(&flow->event, id);
    wsub_place_text(&flow->event, text);
    hub_replay_begin(flow->hub, flow->req,
                     &(struct hub_replay){
                         .topic = topic,
                         .callback = flow->given_callback,
                         .cd = flow->cd,
                         .shard = flow->event.shard,
                         .first = id,
                         .last = id,
                         .from = text,
                         .to = text,
                     });
    flow_free(flow);
}

static void look_at_level(struct flow *flow);

static void on_level(enum wsub_err err, const char *after,
                     const struct wsub_subscription_row *rows, size_t count,
                     void *arg)
{
    struct flow *flow = arg;

    (void)after;
    if (err != WSUB_OK) {
        refuse(flow, err);
    } else if (count > 0) {
        begin_replay(flow, rows[0].topic);
    } else if (wsub_topic_next_level(flow->topic, &flow->level)) {
        look_at_level(flow);
    } else {
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, "callback",
                   "There is no subscription of this callback that the event "
                   "is for.");
        flow_free(flow);
    }
}

static void look_at_level(struct flow *flow)
{
    char td[WSUB_DIGEST_LEN + 1];

    wsub_topic_level(flow->topic, flow->level, td);
    wsub_subscription_find(flow->hub->store, flow->event.shard, td, flow->cd,
                           on_level, flow);
}

static void on_topic(enum wsub_err err, const struct wsub_event_status *status,
                     void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        refuse(flow, err);
    } else if (flow->given_callback == NULL) {
        begin_replay(flow, status->topic);
    } else {
        flow->topic = wsub_strdup(status->topic);
        look_at_level(flow);
    }
}

static void take(struct flow *flow, struct hub_errors *errors)
{
    static const char *const names[] = {"callback"};
    json_t *body = hub_order_body(flow->req, names, 1, errors);
    const char *given;

    if (body == NULL)
        return;
    given = hub_order_callback(flow->hub, body, errors, &flow->callback);
    if (given != NULL) {
        flow->given_callback = wsub_strdup(given);
        wsub_digest(flow->callback.data, flow->callback.len, flow->cd);
    }
    json_decref(body);
}

void hub_topic_event_deliver(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct flow *flow = flow_new(hub, req);
    struct hub_errors errors = {0};

    if (flow == NULL)
        return;
    take(flow, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        wsub_event_status(hub->store, &flow->event, false, on_topic, flow);
}
