/* push.c - see push.h.
 *
 *   check -> push -> 202 {"id": ...}
 *     |         '--> 503
 *     '--> 503   Redis is near its memory limit
 */
#include "hub/push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/route.h"
#include "common/http/trace.h"
#include "common/store/publications.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/group_rates.h"
#include "hub/hub.h"
#include "hub/limits.h"
#include "hub/params.h"
#include "hub/policy.h"
#include "hub/pressure.h"
#include "hub/stats.h"

#define TYPE_MAX_BYTES 1024  /* of a Content-Type */
#define CODING_MAX_BYTES 256 /* of a Content-Encoding */
#define KEY_MAX_BYTES 255    /* of an Idempotency-Key */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    uint64_t begun_us; /* our clock */
};

/* Strings are borrowed from the request. */
struct event {
    struct wsub_buf topic; /* owned; normalized */
    const char *type;
    const char *coding; /* NULL for none */
    const char *key;    /* NULL: every push is an event of its own */
    const char *traceparent, *tracestate; /* NULL for none */
};

static void respond_event(struct flow *flow, const struct wsub_place *event)
{
    char id[WSUB_PLACE_BYTES], location[128], body[128];

    wsub_place_text(event, id);
    snprintf(location, sizeof(location), "/events/%s", id);
    snprintf(body, sizeof(body), "{\"id\":\"%s\"}\n", id);
    wsub_metric_add(&hub_stats[HUB_STAT_PUSH], 1);
    wsub_http_respond_header(flow->req, "Location", location);
    wsub_http_respond_header(flow->req, "Link", flow->hub->link_header);
    wsub_http_respond(flow->req, 202, "application/json", body, strlen(body));
}

static void on_pushed(enum wsub_err err, const struct wsub_pushed *pushed,
                      void *arg)
{
    struct flow *flow = arg;

    wsub_histogram_add(&hub_push_times, wsub_now_us() - flow->begun_us);
    if (err == WSUB_OK && pushed->is_known)
        wsub_metric_add(&hub_stats[HUB_STAT_DUPLICATES], 1);
    if (err == WSUB_OK)
        respond_event(flow, &pushed->event);
    else
        hub_refuse_unavailable(flow->req);
    free(flow);
}

/* The group may have been deleted since the head came. */
static bool is_in_rate(struct hub *hub, struct wsub_http_request *req,
                       const struct event *event)
{
    const struct wsub_policy *policy = hub_policy_of(hub, event->topic.data);
    uint32_t retry_after_s;

    if (policy->is_deleted) {
        hub_policy_refuse_gone(req);
        return false;
    }
    retry_after_s =
        hub_group_rates_take(hub->group_rates, policy, wsub_now_us());
    if (retry_after_s > 0)
        hub_limit_refuse(req, HUB_LIMIT_PUBLISH_RATE, retry_after_s, NULL);
    return retry_after_s == 0;
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct event *event)
{
    unsigned shard = wsub_topic_shard(hub->store, event->topic.data);
    struct wsub_push push;
    struct flow *flow;

    if (wsub_topic_is_reserved(event->topic.data)) {
        hub_refuse(req, HUB_FAULT_CLOSED, NULL,
                   "%s is the hub's own topic: nobody else publishes to it.",
                   WSUB_TOPIC_ALERTS);
        return;
    }
    if (hub_pressure_refuses(hub->pressure, shard, HUB_PRESSURE_CONTENT)) {
        hub_limit_refuse(req, HUB_LIMIT_MEMORY_CONTENT, 0, NULL);
        return;
    }
    if (!is_in_rate(hub, req, event))
        return;
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    flow->begun_us = wsub_now_us();
    push.shard = shard;
    push.topic = event->topic.data;
    push.content_type = event->type;
    push.content_coding = event->coding;
    push.key = event->key;
    push.traceparent = event->traceparent;
    push.tracestate = event->tracestate;
    push.body = wsub_http_body(req, &push.body_bytes);
    hub_pressure_note(hub->pressure, push.body_bytes);
    wsub_publications_push(hub->store, &push, on_pushed, flow);
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

/* The Content-Encoding, NULL without one: the body is kept as it comes. */
static const char *take_coding(struct wsub_http_request *req,
                               struct hub_errors *errors)
{
    const char *coding = wsub_http_header(req, "Content-Encoding");

    if (coding == NULL || coding[0] == '\0')
        return NULL;
    if (strlen(coding) > CODING_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "Content-Encoding is longer than %d bytes.",
                       CODING_MAX_BYTES);
    return coding;
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

/* The trace that the push is part of.  What is not valid counts as not there
 * (Trace Context, section 4.3). */
static void take_trace(const struct wsub_http_request *req, struct event *event)
{
    const char *parent = wsub_http_header(req, "traceparent");
    const char *state = wsub_http_header(req, "tracestate");

    if (parent == NULL || !wsub_traceparent_is_valid(parent, strlen(parent)))
        return;
    event->traceparent = parent;
    if (state != NULL && wsub_tracestate_is_valid(state, strlen(state)))
        event->tracestate = state;
}

static bool may_push(struct hub *hub, struct wsub_http_request *req,
                     const struct wsub_policy *policy)
{
    if (!policy->publish.said)
        return hub_access_push(req, hub);
    if (hub_policy_admits(hub, policy, HUB_TOKEN_PUBLISH,
                          wsub_http_header(req, "Authorization")))
        return true;
    hub_access_refuse(req);
    return false;
}

static bool takes(struct wsub_http_request *req,
                  const struct wsub_policy *policy)
{
    if (policy->is_deleted) {
        hub_policy_refuse_gone(req);
        return false;
    }
    wsub_http_route_limit(req, policy->max_body_bytes);
    return true;
}

bool hub_push_check(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    const struct wsub_policy *policy;

    if (!hub_policy_ready(hub, req))
        return false;
    policy = hub_policy_of_query(hub, req, WSUB_TOPIC_PUSH);
    return may_push(hub, req, policy) && takes(req, policy);
}

bool hub_push_check_operator(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    return hub_access_admin(req, hub) && hub_policy_ready(hub, req) &&
           takes(req, hub_policy_of_query(hub, req, WSUB_TOPIC_PUSH));
}

void hub_push(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct event event = {0};
    struct wsub_form query;
    const char *given;

    event.type = take_type(req, &errors);
    event.coding = take_coding(req, &errors);
    event.key = take_key(req, &errors);
    take_trace(req, &event);
    if (hub_params_query(req, &errors, &query)) {
        hub_param_topic(hub, &query, WSUB_TOPIC_PUSH, &errors, &given,
                        &event.topic);
        wsub_form_done(&query);
    }
    if (!hub_errors_respond(&errors, req))
        start(hub, req, &event);
    wsub_buf_done(&event.topic);
}
