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
#include "common/base/mem.h"
#include "common/base/rfc3339.h"
#include "common/crypto/digest.h"
#include "common/http/respond.h"
#include "common/store/place.h"
#include "common/store/replays.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/order_body.h"
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

static void take_topic(const struct hub *hub, const json_t *body,
                       struct hub_errors *errors, struct order *order)
{
    if (hub_order_topic(hub, body, errors, &order->topic) != NULL)
        order->shard = wsub_topic_shard(hub->store, order->topic.data);
}

static void take_callback(const struct hub *hub, const json_t *body,
                          struct hub_errors *errors, struct order *order)
{
    order->given_callback =
        hub_order_callback(hub, body, errors, &order->callback);
    if (order->given_callback != NULL)
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

    edge->given = hub_order_text(body, name, errors);
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

static void take(const struct hub *hub, const json_t *body,
                 struct hub_errors *errors, struct order *order)
{
    take_topic(hub, body, errors, order);
    take_callback(hub, body, errors, order);
    take_edge(hub, body, "from", false, errors, &order->from);
    take_edge(hub, body, "to", true, errors, &order->to);
    if (order->from.given == NULL)
        hub_order_need(body, "from", errors);
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

static void name_replay(const struct hub_replay *replay, char *ret_id)
{
    uint64_t number;

    wsub_random(&number, sizeof(number));
    if (replay->is_everywhere)
        snprintf(ret_id, WSUB_REPLAY_ID_BYTES, "all-%016" PRIx64, number);
    else
        snprintf(ret_id, WSUB_REPLAY_ID_BYTES, "%u-%016" PRIx64, replay->shard,
                 number);
}

static const char *text_or(const char *text, const char *other)
{
    return text != NULL ? text : other;
}

static void add(struct flow *flow, const struct hub_replay *replay,
                unsigned shard)
{
    wsub_countdown_add(&flow->all);
    wsub_replay_add(flow->hub->store,
                    &(struct wsub_replay_order){
                        .shard = shard,
                        .id = flow->id,
                        .topic = replay->topic,
                        .callback = text_or(replay->callback, ""),
                        .cd = replay->cd,
                        .first = replay->first,
                        .last = replay->last,
                        .from = replay->from,
                        .to = text_or(replay->to, ""),
                    },
                    on_added, flow);
}

void hub_replay_begin(struct hub *hub, struct wsub_http_request *req,
                      const struct hub_replay *replay)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_replay_shards shards;

    flow->hub = hub;
    flow->req = req;
    name_replay(replay, flow->id);
    hub_replay_shards(hub, flow->id, &shards);
    wsub_countdown_start(&flow->all, on_all_added, flow);
    for (unsigned n = shards.first; n < shards.end; n++)
        add(flow, replay, n);
    wsub_countdown_off(&flow->all);
}

static void begin(struct hub *hub, struct wsub_http_request *req,
                  const struct order *order)
{
    assert(order->topic.data != NULL); /* an order without errors has one */
    hub_replay_begin(
        hub, req,
        &(struct hub_replay){
            .topic = order->topic.data,
            .callback = order->given_callback,
            .cd = order->cd,
            .is_everywhere = strcmp(order->topic.data, EVERY_TOPIC) == 0,
            .shard = order->shard,
            .first = order->from.id,
            .last = order->to.given != NULL ? order->to.id : NULL,
            .from = order->from.given,
            .to = order->to.given,
        });
}

void hub_replay_order(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct order order = {0};
    static const char *const names[] = {"topic", "from", "to", "callback"};
    json_t *body =
        hub_order_body(req, names, sizeof(names) / sizeof(*names), &errors);

    if (body != NULL)
        take(hub, body, &errors, &order);
    if (!hub_errors_respond(&errors, req))
        begin(hub, req, &order);
    json_decref(body);
    wsub_buf_done(&order.topic);
    wsub_buf_done(&order.callback);
}
