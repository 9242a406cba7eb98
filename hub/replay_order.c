/* replay_order.c - see replay_order.h.
 *
 *   check -> a replay in the topic's shard, of `*` in every shard -> 202
 *     '-> 400                 |'-> 404   there is no such subscription
 *                             |'-> 409   as many run as may
 *                             '--> 503
 *
 * A replay that could not be begun in one of several shards is cancelled in the
 * others. */
#include "hub/replay_order.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/countdown.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/rfc3339.h"
#include "common/crypto/digest.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/store/place.h"
#include "common/store/replays.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/media.h"
#include "hub/params.h"
#include "hub/replays.h"

#define EVERY_TOPIC "*"

/* One end of the events, in every shard or in one. */
struct edge {
    const char *given; /* borrowed from the body */
    bool is_event;     /* then `place` is it */
    struct wsub_place place;
    char id[WSUB_PLACE_BYTES]; /* MS-SEQ */
};

struct order {
    struct wsub_buf topic, callback; /* owned; in normal spelling */
    const char *given_callback;      /* borrowed from the body; NULL: all */
    struct edge from, to;            /* to.given NULL: up to now */
    unsigned shard;                  /* of the topic, unless it is `*` */
    char cd[WSUB_DIGEST_LEN + 1];
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_countdown all;
    enum wsub_err err; /* the first one */
    char id[WSUB_REPLAY_ID_BYTES];
};

bool hub_replay_may_order(struct wsub_http_request *req, void *hub)
{
    return hub_access_admin(req, hub) && hub_check_json(req);
}

/* The string; NULL when it is absent or null, or none (then that is told). */
static const char *take_text(const json_t *body, const char *name,
                             struct hub_errors *errors)
{
    const json_t *field = json_object_get(body, name);
    const char *text = json_string_value(field);

    if (field == NULL || json_is_null(field))
        return NULL;
    if (text == NULL || strlen(text) != json_string_length(field)) {
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be a string without a zero byte.", name);
        return NULL;
    }
    return text;
}

/* For a field that has no text. */
static void check_given(const json_t *body, const char *name,
                        struct hub_errors *errors)
{
    const json_t *field = json_object_get(body, name);

    if (field == NULL || json_is_null(field))
        hub_errors_add(errors, HUB_FAULT_MISSING, name, "%s is missing.", name);
}

static void take_topic(const struct hub *hub, const json_t *body,
                       struct hub_errors *errors, struct order *order)
{
    static const char name[] = "topic";
    const char *text = take_text(body, name, errors);
    const char *fault;

    if (text == NULL) {
        check_given(body, name, errors);
        return;
    }
    fault = hub_topic_fault(hub, text, WSUB_TOPIC_SUBSCRIBE, &order->topic);
    if (fault != NULL) {
        hub_errors_add(errors, HUB_FAULT_TOPIC, name, "%s %s.", name, fault);
        return;
    }
    order->shard = wsub_topic_shard(hub->store, order->topic.data);
}

static void take_callback(const struct hub *hub, const json_t *body,
                          struct hub_errors *errors, struct order *order)
{
    static const char name[] = "callback";
    const char *fault;

    order->given_callback = take_text(body, name, errors);
    if (order->given_callback == NULL)
        return;
    fault = hub_callback_fault(hub, order->given_callback, &order->callback);
    if (fault != NULL)
        hub_errors_add(errors, HUB_FAULT_CALLBACK, name, "%s %s.", name, fault);
    else
        wsub_digest(order->callback.data, order->callback.len, order->cd);
}

/* A time is that of its first millisecond's first event, or of the last one. */
static void take_time(struct edge *edge, uint64_t ms, bool is_last)
{
    snprintf(edge->id, sizeof(edge->id), "%" PRIu64 "-%" PRIu64, ms,
             is_last ? UINT64_MAX : 0);
}

static void take_edge(const struct hub *hub, const json_t *body,
                      const char *name, bool is_last, struct hub_errors *errors,
                      struct edge *edge)
{
    uint64_t ms;

    edge->given = take_text(body, name, errors);
    if (edge->given == NULL)
        return;
    edge->is_event = wsub_place_parse(
        edge->given, wsub_store_shards(hub->store), &edge->place);
    if (edge->is_event)
        wsub_place_id(&edge->place, edge->id);
    else if (wsub_rfc3339_parse(edge->given, &ms))
        take_time(edge, ms, is_last);
    else
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be the id of an event, or a time as "
                       "2026-11-29T10:00:00Z.",
                       name);
}

/* An event says something only about its own shard. */
static void check_edge(const struct order *order, const char *name,
                       const struct edge *edge, struct hub_errors *errors)
{
    if (edge->given == NULL || !edge->is_event || errors->count > 0)
        return;
    if (strcmp(order->topic.data, EVERY_TOPIC) == 0)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be a time, since the events of * are in "
                       "several shards.",
                       name);
    else if (edge->place.shard != order->shard)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s is the id of an event of other topics.", name);
}

static uint64_t edge_ms(const struct edge *edge)
{
    return strtoull(edge->id, NULL, 10);
}

/* A misspelled `callback` would mean all subscriptions. */
static void check_names(const json_t *body, struct hub_errors *errors)
{
    static const char *const names[] = {"topic", "from", "to", "callback"};
    size_t known = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        known += json_object_get(body, names[i]) != NULL;
    if (known < json_object_size(body))
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The body has a member that is none of topic, from, to "
                       "and callback.");
}

static void take(const struct hub *hub, const json_t *body,
                 struct hub_errors *errors, struct order *order)
{
    check_names(body, errors);
    take_topic(hub, body, errors, order);
    take_callback(hub, body, errors, order);
    take_edge(hub, body, "from", false, errors, &order->from);
    take_edge(hub, body, "to", true, errors, &order->to);
    if (order->from.given == NULL)
        check_given(body, "from", errors);
    check_edge(order, "from", &order->from, errors);
    check_edge(order, "to", &order->to, errors);
    if (errors->count == 0 && order->to.given != NULL &&
        edge_ms(&order->to) < edge_ms(&order->from))
        hub_errors_add(errors, HUB_FAULT_REQUEST, "to", "to is before from.");
}

static void refuse(struct wsub_http_request *req, enum wsub_err err)
{
    if (err == WSUB_ERR_NOT_FOUND)
        hub_refuse(req, HUB_FAULT_NOT_FOUND, "callback",
                   "There is no such subscription.");
    else if (err == WSUB_ERR_FULL)
        hub_refuse(req, HUB_FAULT_CONFLICT, NULL,
                   "%d replays run already: wait, or cancel one.",
                   WSUB_REPLAYS_MOST);
    else
        hub_refuse_unavailable(req);
}

static void ignore(enum wsub_err err, void *arg)
{
    (void)err;
    (void)arg;
}

static void on_all_added(void *arg)
{
    struct flow *flow = arg;
    char location[sizeof("/admin/replay/") + WSUB_REPLAY_ID_BYTES];
    struct hub_replay_shards shards;

    if (flow->err == WSUB_OK) {
        snprintf(location, sizeof(location), "/admin/replay/%s", flow->id);
        wsub_http_respond_header(flow->req, "Location", location);
        hub_json_respond_status(flow->req, 202,
                                json_pack("{s:s}", "id", flow->id));
    } else {
        hub_replay_shards(flow->hub, flow->id, &shards);
        for (unsigned n = shards.first; n < shards.end; n++)
            wsub_replay_cancel(flow->hub->store, n, flow->id, ignore, NULL);
        refuse(flow->req, flow->err);
    }
    free(flow);
}

static void on_added(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK && flow->err == WSUB_OK)
        flow->err = err;
    wsub_countdown_off(&flow->all);
}

static void name_replay(const struct order *order, char *ret_id)
{
    uint64_t number;

    wsub_random(&number, sizeof(number));
    if (strcmp(order->topic.data, EVERY_TOPIC) == 0)
        snprintf(ret_id, WSUB_REPLAY_ID_BYTES, "all-%016" PRIx64, number);
    else
        snprintf(ret_id, WSUB_REPLAY_ID_BYTES, "%u-%016" PRIx64, order->shard,
                 number);
}

static void begin(struct hub *hub, struct wsub_http_request *req,
                  const struct order *order)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_replay_shards shards;

    assert(order->topic.data != NULL); /* an order without errors has one */
    flow->hub = hub;
    flow->req = req;
    name_replay(order, flow->id);
    hub_replay_shards(hub, flow->id, &shards);
    wsub_log_info(
        "replay", WSUB_KV("replay", flow->id),
        WSUB_KV("topic", order->topic.data),
        WSUB_KV("callback",
                order->given_callback != NULL ? order->given_callback : "all"),
        WSUB_KV("from", order->from.given),
        WSUB_KV("to", order->to.given != NULL ? order->to.given : ""));
    wsub_countdown_start(&flow->all, on_all_added, flow);
    for (unsigned n = shards.first; n < shards.end; n++) {
        wsub_countdown_add(&flow->all);
        wsub_replay_add(
            hub->store,
            &(struct wsub_replay_order){
                .shard = n,
                .id = flow->id,
                .topic = order->topic.data,
                .callback =
                    order->given_callback != NULL ? order->given_callback : "",
                .cd = order->cd,
                .first = order->from.id,
                .last = order->to.given != NULL ? order->to.id : NULL,
                .from = order->from.given,
                .to = order->to.given != NULL ? order->to.given : "",
            },
            on_added, flow);
    }
    wsub_countdown_off(&flow->all);
}

void hub_replay_order(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct order order = {0};
    size_t len = 0;
    const char *text = wsub_http_body(req, &len);
    json_t *body =
        json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(body))
        hub_errors_add(&errors, HUB_FAULT_REQUEST, NULL,
                       "The body must be a JSON object.");
    else
        take(hub, body, &errors, &order);
    if (!hub_errors_respond(&errors, req))
        begin(hub, req, &order);
    json_decref(body);
    wsub_buf_done(&order.topic);
    wsub_buf_done(&order.callback);
}
