/* subscribe.c - take a subscription request (WebSub section 5.1).
 *
 *   check -> submit -> 202   deliver verifies, or tells the denial, or the
 *                |           spreader looks at the topic; verify=off: it is done
 *                |---> 404   unknown_unsubscribe=reject
 *                |---> 429, 503   a bound is reached
 *                '---> 503   Redis failed
 *
 * A `struct flow` is one request in flight; finish() and finish_unknown() are
 * the only places that respond to the client and free it. */
#include "hub/subscribe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/crypto/hmac.h"
#include "common/http/policy.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/store/submissions.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/clients.h"
#include "hub/errors.h"
#include "hub/json.h"
#include "hub/limits.h"
#include "hub/params.h"
#include "hub/policy.h"
#include "hub/pressure.h"
#include "hub/stats.h"
#include "hub/subscription_params.h"

/* What a request takes in Redis, beside its texts, which are there twice. */
#define REQUEST_BYTES 1024

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    bool subscribe;
    enum wsub_submission_way way;
    struct hub_subscription_params params;
    const char *reason; /* const; of a denial, else "" */
    struct wsub_client_address client;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
};

static void flow_free(struct flow *flow)
{
    hub_subscription_params_done(&flow->params);
    free(flow);
}

static void finish(struct flow *flow, enum wsub_err err)
{
    if (err == WSUB_OK) {
        enum hub_stat stat =
            flow->subscribe ? HUB_STAT_SUBSCRIBE : HUB_STAT_UNSUBSCRIBE;

        wsub_metric_add(&hub_stats[stat], 1);
        wsub_http_respond(flow->req, 202, NULL, NULL, 0);
    } else {
        hub_refuse_unavailable(flow->req);
    }
    flow_free(flow);
}

/* unknown_unsubscribe=reject */
static void finish_unknown(struct flow *flow)
{
    hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, NULL,
               "There is no such subscription.");
    flow_free(flow);
}

static const enum hub_limit limits[WSUB_BOUND_MAX_] = {
    [WSUB_BOUND_MEMORY] = HUB_LIMIT_MEMORY_SUBSCRIPTIONS,
    [WSUB_BOUND_PENDING] = HUB_LIMIT_PENDING,
    [WSUB_BOUND_PENDING_HOST] = HUB_LIMIT_PENDING_HOST,
    [WSUB_BOUND_PENDING_CLIENT] = HUB_LIMIT_PENDING_CLIENT,
    [WSUB_BOUND_SUBSCRIPTIONS] = HUB_LIMIT_SUBSCRIPTIONS,
    [WSUB_BOUND_SUBSCRIPTIONS_HOST] = HUB_LIMIT_SUBSCRIPTIONS_HOST,
    [WSUB_BOUND_SUBSCRIPTIONS_TOPIC] = HUB_LIMIT_SUBSCRIPTIONS_TOPIC,
};

static void finish_limited(struct flow *flow, enum hub_limit limit,
                           uint32_t retry_after_s)
{
    hub_limit_refuse(flow->req, limit, retry_after_s, flow->client.text);
    flow_free(flow);
}

static void on_submitted(const struct wsub_submitted *submitted, void *arg)
{
    struct flow *flow = arg;
    const struct wsub_config *config = flow->hub->config;

    if (submitted->err == WSUB_ERR_FULL)
        finish_limited(flow, limits[submitted->bound], 0);
    else if (submitted->err != WSUB_ERR_NOT_FOUND)
        finish(flow, submitted->err);
    else if (config->unknown_unsubscribe == WSUB_UNKNOWN_REJECT)
        finish_unknown(flow);
    else
        finish(flow, WSUB_OK);
}

static void name_subscription(struct flow *flow)
{
    flow->ref = wsub_topic_ref(flow->hub->store, flow->params.topic.data);
    wsub_digest(flow->params.callback.data, flow->params.callback.len,
                flow->cd);
}

/* A client without a token is a stranger: all the hub knows of it is its
 * address. */
static bool is_stranger(const struct flow *flow)
{
    return !hub_policy_shows(flow->hub, flow->params.policy,
                             HUB_TOKEN_SUBSCRIBE,
                             wsub_http_header(flow->req, "Authorization"));
}

/* A subscription that comes while Redis fills up gets a shorter lease. */
static uint64_t lease_of(const struct flow *flow)
{
    const struct hub *hub = flow->hub;

    return hub_pressure_lease(
        hub->config, flow->params.policy,
        hub_pressure_percent(hub->pressure, flow->ref.shard),
        flow->params.lease_s);
}

static void submit(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    const struct hub_pressure *pressure = flow->hub->pressure;
    const struct hub_subscription_params *params = &flow->params;
    char client[WSUB_CLIENT_NAME_BYTES] = "-"; /* not counted */
    struct wsub_buf sealed = {0};

    if (is_stranger(flow))
        wsub_client_address_name(&flow->client, client);
    hub_subscription_seal(flow->hub, params, &flow->ref, flow->cd, &sealed);
    hub_pressure_note(flow->hub->pressure,
                      REQUEST_BYTES + 2 * (flow->params.topic.len +
                                           flow->params.callback.len));
    wsub_submissions_add(
        store,
        &(struct wsub_submission){
            .ref = &flow->ref,
            .cd = flow->cd,
            .subscribe = flow->subscribe,
            .way = flow->way,
            .topic = flow->params.topic.data,
            .callback = flow->params.callback.data,
            .topic_given = flow->params.topic_given,
            .callback_given = flow->params.callback_given,
            .lease_s = lease_of(flow),
            .secret = sealed.data,
            .secret_len = sealed.len,
            .reason = flow->reason,
            .ordered = flow->params.ordered,
            .choices = flow->params.choices,
            .verify_token = flow->params.verify_token,
            .client = client,
            .memory_high = hub_pressure_refuses(pressure, flow->ref.shard,
                                                HUB_PRESSURE_SUBSCRIPTIONS),
        },
        on_submitted, flow);
    wsub_buf_done(&sealed);
}

/* Only subscribing is ever denied or validated (WebSub section 5.2), and only
 * a URL can be fetched. */
static void choose_way(struct flow *flow)
{
    const struct wsub_config *config = flow->hub->config;
    const char *denial = NULL;

    if (flow->subscribe)
        denial = wsub_policy_denial(config, flow->params.topic.data,
                                    flow->params.callback.data);
    flow->reason = denial != NULL ? denial : "";
    if (denial != NULL)
        flow->way = WSUB_SUBMISSION_DENY;
    else if (flow->subscribe && flow->params.policy->validate_topic &&
             !wsub_topic_is_dotted(flow->params.topic.data))
        flow->way = WSUB_SUBMISSION_VALIDATE;
    else
        flow->way = flow->params.policy->verify ? WSUB_SUBMISSION_VERIFY
                                                : WSUB_SUBMISSION_TRUST;
}

static struct flow *flow_new(struct wsub_http_request *req, bool subscribe)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->req = req;
    flow->subscribe = subscribe;
    return flow;
}

/* As the topic's group says; responds when it may not be. */
static bool may_go_on(const struct flow *flow)
{
    const char *authorization = wsub_http_header(flow->req, "Authorization");
    bool is_admitted =
        flow->subscribe ? hub_policy_admits_subscriber(
                              flow->hub, flow->params.topic.data, authorization)
                        : hub_policy_admits(flow->hub, flow->params.policy,
                                            HUB_TOKEN_SUBSCRIBE, authorization);

    if (!is_admitted)
        hub_access_refuse(flow->req);
    else if (flow->subscribe && flow->params.policy->is_deleted)
        hub_policy_refuse_gone(flow->req);
    else
        return true;
    return false;
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct wsub_form *form, bool subscribe)
{
    struct hub_errors errors = {0};
    uint32_t retry_after_s = 0;
    struct flow *flow;

    if (!hub_policy_may_be(hub, HUB_TOKEN_SUBSCRIBE,
                           wsub_http_header(req, "Authorization"))) {
        hub_access_refuse(req);
        return;
    }
    flow = flow_new(req, subscribe);
    flow->hub = hub;
    hub_subscription_params_take(hub, form, subscribe, &errors, &flow->params);
    if (hub_errors_respond(&errors, req) || !may_go_on(flow)) {
        flow_free(flow);
        return;
    }
    hub_clients_find(hub->clients, req, &flow->client);
    if (is_stranger(flow))
        retry_after_s = hub_clients_take(hub->clients, HUB_RATE_SUBSCRIBE,
                                         &flow->client, 1);
    if (retry_after_s > 0) {
        finish_limited(flow, HUB_LIMIT_SUBSCRIBE_RATE, retry_after_s);
        return;
    }
    choose_way(flow);
    name_subscription(flow);
    submit(flow);
}

void hub_subscribe(struct hub *hub, struct wsub_http_request *req,
                   const struct wsub_form *form)
{
    start(hub, req, form, true);
}

void hub_unsubscribe(struct hub *hub, struct wsub_http_request *req,
                     const struct wsub_form *form)
{
    start(hub, req, form, false);
}
