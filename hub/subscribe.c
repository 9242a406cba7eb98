/* subscribe.c - take a subscription request (WebSub section 5.1).
 *
 *   check -> submit -> 202   deliver verifies, or tells the denial, or the
 *                |           spreader looks at the topic
 *                |---> 404   unknown_unsubscribe=reject
 *                |---> 429, 503   a bound is reached
 *                |---> 503   Redis failed
 *                '-> confirm -> 202   verify=off
 *
 *   of an operator: check -> submit -> confirm -> 200, 201
 *
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

#define VERIFY_TOKEN_MAX_BYTES 1024 /* so that it fits into a URL */
/* What a request takes in Redis, beside its texts, which are there twice. */
#define REQUEST_BYTES 1024
#define SECRET_MAX_BYTES 199 /* WebSub section 5.1: less than 200 */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    bool subscribe;
    enum wsub_submission_way way;
    struct wsub_buf topic, callback;          /* owned; normalized */
    const char *topic_given, *callback_given; /* borrowed until submitted */
    const char *secret; /* borrowed until submitted; NULL or "": none */
    const char *reason; /* const; of a denial, else "" */
    uint64_t lease_s;
    bool ordered;
    struct wsub_choices choices;
    const char *verify_token; /* borrowed until submitted */
    struct wsub_client_address client;
    /* Borrowed; of the topic, while the request is taken. */
    const struct wsub_policy *policy;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
    bool is_operator;
    bool was_there; /* then: before */
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    wsub_buf_done(&flow->callback);
    free(flow);
}

static void respond_done(const struct flow *flow)
{
    json_t *root;

    if (!flow->is_operator) {
        wsub_http_respond(flow->req, 202, NULL, NULL, 0);
        return;
    }
    root = json_pack("{s:s, s:s}", "topic", flow->topic.data, "callback",
                     flow->callback.data);
    hub_json_respond_status(flow->req, flow->was_there ? 200 : 201, root);
}

static void finish(struct flow *flow, enum wsub_err err)
{
    if (err == WSUB_OK) {
        enum hub_stat stat =
            flow->subscribe ? HUB_STAT_SUBSCRIBE : HUB_STAT_UNSUBSCRIBE;

        wsub_metric_add(&hub_stats[stat], 1);
        respond_done(flow);
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

static void on_confirmed(enum wsub_err err, void *arg)
{
    finish(arg, err);
}

/* verify=off, or an operator's: the request counts as confirmed at once. */
static void confirm(struct flow *flow, uint64_t generation)
{
    wsub_submissions_confirm(flow->hub->store,
                             &(struct wsub_submission){
                                 .ref = &flow->ref,
                                 .cd = flow->cd,
                                 .subscribe = flow->subscribe,
                                 .topic = flow->topic.data,
                                 .is_unbounded = flow->is_operator,
                             },
                             generation, on_confirmed, flow);
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
    else if (submitted->err == WSUB_OK && flow->way == WSUB_SUBMISSION_TRUST)
        confirm(flow, submitted->generation);
    else if (submitted->err != WSUB_ERR_NOT_FOUND)
        finish(flow, submitted->err);
    else if (config->unknown_unsubscribe == WSUB_UNKNOWN_REJECT)
        finish_unknown(flow);
    else
        finish(flow, WSUB_OK);
}

static void name_subscription(struct flow *flow)
{
    flow->ref = wsub_topic_ref(flow->hub->store, flow->topic.data);
    wsub_digest(flow->callback.data, flow->callback.len, flow->cd);
}

/* Seals the secret; "-" for none. */
static void add_secret(const struct flow *flow, struct wsub_buf *out)
{
    const char *secret = flow->secret;
    char context[2 * WSUB_DIGEST_LEN + 2];

    if (secret == NULL || secret[0] == '\0') {
        wsub_buf_char(out, '-');
        return;
    }
    snprintf(context, sizeof(context), "%s:%s", flow->ref.digest, flow->cd);
    wsub_seal(flow->hub->ring, context, secret, strlen(secret), out);
}

/* A client without a token is a stranger: all the hub knows of it is its
 * address. */
static bool is_stranger(const struct flow *flow)
{
    return !flow->is_operator &&
           !hub_policy_shows(flow->hub, flow->policy, HUB_TOKEN_SUBSCRIBE,
                             wsub_http_header(flow->req, "Authorization"));
}

/* A subscription that comes while Redis fills up gets a shorter lease, unless it is
 * an operator's. */
static uint64_t lease_of(const struct flow *flow)
{
    const struct hub *hub = flow->hub;

    if (flow->is_operator)
        return flow->lease_s;
    return hub_pressure_lease(
        hub->config, flow->policy,
        hub_pressure_percent(hub->pressure, flow->ref.shard), flow->lease_s);
}

static void submit(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    const struct hub_pressure *pressure = flow->hub->pressure;
    char client[WSUB_CLIENT_NAME_BYTES] = "-"; /* not counted */
    struct wsub_buf sealed = {0};

    if (is_stranger(flow))
        wsub_client_address_name(&flow->client, client);
    add_secret(flow, &sealed);
    hub_pressure_note(flow->hub->pressure,
                      REQUEST_BYTES +
                          2 * (flow->topic.len + flow->callback.len));
    wsub_submissions_add(
        store,
        &(struct wsub_submission){
            .ref = &flow->ref,
            .cd = flow->cd,
            .subscribe = flow->subscribe,
            .way = flow->way,
            .topic = flow->topic.data,
            .callback = flow->callback.data,
            .topic_given = flow->topic_given,
            .callback_given = flow->callback_given,
            .lease_s = lease_of(flow),
            .secret = sealed.data,
            .secret_len = sealed.len,
            .reason = flow->reason,
            .ordered = flow->ordered,
            .choices = flow->choices,
            .verify_token = flow->verify_token,
            .client = client,
            .memory_high = hub_pressure_refuses(pressure, flow->ref.shard,
                                                HUB_PRESSURE_SUBSCRIPTIONS),
            .is_unbounded = flow->is_operator,
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
        denial =
            wsub_policy_denial(config, flow->topic.data, flow->callback.data);
    flow->reason = denial != NULL ? denial : "";
    if (denial != NULL)
        flow->way = WSUB_SUBMISSION_DENY;
    else if (flow->subscribe && flow->policy->validate_topic &&
             !wsub_topic_is_dotted(flow->topic.data))
        flow->way = WSUB_SUBMISSION_VALIDATE;
    else
        flow->way = flow->policy->verify ? WSUB_SUBMISSION_VERIFY
                                         : WSUB_SUBMISSION_TRUST;
}

/* Parses a positive decimal number; one too large counts as the largest. */
static bool parse_lease(const char *text, uint64_t *ret_s)
{
    uint64_t n = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return false;
        if (n <= UINT32_MAX)
            n = n * 10 + (uint64_t)(*p - '0');
    }
    *ret_s = n;
    return n > 0;
}

static uint64_t clamp(uint64_t lease_s, const struct wsub_policy *policy)
{
    return lease_s < policy->lease_min_s   ? policy->lease_min_s
           : lease_s > policy->lease_max_s ? policy->lease_max_s
                                           : lease_s;
}

static uint64_t take_lease(const struct wsub_config *config,
                           const struct wsub_policy *policy,
                           const struct wsub_form *form,
                           struct hub_errors *errors)
{
    static const char name[] = "hub.lease_seconds";
    const char *text = NULL;
    uint64_t lease_s = policy->lease_default_s;

    if (!hub_param_optional(form, name, HUB_FAULT_LEASE, errors, &text) ||
        text == NULL || text[0] == '\0')
        return lease_s;
    if (!parse_lease(text, &lease_s))
        hub_errors_add(errors, HUB_FAULT_LEASE, name,
                       "%s must be a positive decimal number.", name);
    else if (config->lease_policy == WSUB_LEASE_REJECT &&
             lease_s != clamp(lease_s, policy))
        hub_errors_add(errors, HUB_FAULT_LEASE, name,
                       "%s must be from %u to %u.", name, policy->lease_min_s,
                       policy->lease_max_s);
    return clamp(lease_s, policy);
}

/* `callback` is "" when it is wrong. */
static const char *take_secret(const struct hub *hub,
                               const struct wsub_form *form,
                               const char *callback, struct hub_errors *errors)
{
    static const char name[] = "hub.secret";
    const char *secret = NULL;

    if (hub_param_optional(form, name, HUB_FAULT_SECRET, errors, &secret) &&
        secret != NULL && strlen(secret) > SECRET_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_SECRET, name,
                       "%s must be shorter than 200 bytes.", name);
    if (hub->config->require_https_for_secret && secret != NULL &&
        secret[0] != '\0' && strncasecmp(callback, "http:", 5) == 0)
        hub_errors_add(errors, HUB_FAULT_SECRET, name,
                       "%s is taken with an https callback only.", name);
    return secret;
}

/* Our extension: events one at a time, each after the one before. */
static bool take_ordered(const struct wsub_form *form,
                         struct hub_errors *errors)
{
    static const char name[] = "hub.websubd.ordered";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_ORDERED, errors, &text) ||
        text == NULL)
        return false;
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        hub_errors_add(errors, HUB_FAULT_ORDERED, name,
                       "%s must be true or false.", name);
    return strcmp(text, "true") == 0;
}

/* Our extensions: which hash signs its deliveries, whatever signature_hash
 * says; which headers they have. */
static void take_signature(const struct wsub_form *form,
                           struct hub_errors *errors,
                           struct wsub_choices *choices)
{
    static const char name[] = "hub.websubd.signature";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_SIGNATURE, errors, &text) ||
        text == NULL)
        return;
    choices->has_hash = wsub_hash_find(text, strlen(text), &choices->hash);
    if (!choices->has_hash)
        hub_errors_add(errors, HUB_FAULT_SIGNATURE, name,
                       "%s must be sha1, sha256, sha384 or sha512.", name);
}

static void take_headers(const struct wsub_form *form,
                         struct hub_errors *errors,
                         struct wsub_choices *choices)
{
    static const char name[] = "hub.websubd.headers";
    const char *text = NULL;
    bool standard;

    if (!hub_param_optional(form, name, HUB_FAULT_HEADERS, errors, &text) ||
        text == NULL)
        return;
    standard = strcmp(text, "standard") == 0;
    if (!standard && strcmp(text, "websub") != 0)
        hub_errors_add(errors, HUB_FAULT_HEADERS, name,
                       "%s must be standard or websub.", name);
    choices->has_headers = true;
    choices->headers = standard ? WSUB_HEADERS_STANDARD : WSUB_HEADERS_WEBSUB;
}

/* Of PubSubHubbub 0.3: sent back in the verification. */
static const char *take_verify_token(const struct wsub_form *form,
                                     struct hub_errors *errors)
{
    static const char name[] = "hub.verify_token";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_VERIFY_TOKEN, errors,
                            &text) ||
        text == NULL)
        return "";
    if (strlen(text) > VERIFY_TOKEN_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_VERIFY_TOKEN, name,
                       "%s must not be longer than %d bytes.", name,
                       VERIFY_TOKEN_MAX_BYTES);
    return text;
}

static struct flow *flow_new(struct wsub_http_request *req, bool subscribe)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->req = req;
    flow->subscribe = subscribe;
    return flow;
}

/* Who unsubscribes is not told so. */
static void check_reach(const struct flow *flow, const struct hub *hub,
                        struct hub_errors *errors)
{
    const char *topic = hub_reach_fault(hub, wsub_buf_cstr(&flow->topic));
    const char *url = wsub_buf_cstr(&flow->callback);
    const char *callback = hub_reach_fault(hub, url);

    if (callback == NULL && hub->config->require_https_callbacks &&
        strncasecmp(url, "http:", 5) == 0)
        callback = "is not https, which require_https_callbacks wants";
    if (topic != NULL)
        hub_errors_add(errors, HUB_FAULT_TOPIC, "hub.topic", "hub.topic %s.",
                       topic);
    if (callback != NULL)
        hub_errors_add(errors, HUB_FAULT_CALLBACK, "hub.callback",
                       "hub.callback %s.", callback);
}

/* Takes every parameter, and appends what is wrong with them. */
static void take(struct flow *flow, const struct hub *hub,
                 const struct wsub_form *form, struct hub_errors *errors)
{
    hub_param_topic(hub, form, WSUB_TOPIC_SUBSCRIBE, errors, &flow->topic_given,
                    &flow->topic);
    flow->policy = hub_policy_of(hub, wsub_buf_cstr(&flow->topic));
    hub_param_callback(hub, form, errors, &flow->callback_given,
                       &flow->callback);
    if (flow->subscribe) {
        check_reach(flow, hub, errors);
        flow->lease_s = take_lease(hub->config, flow->policy, form, errors);
        flow->secret =
            take_secret(hub, form, wsub_buf_cstr(&flow->callback), errors);
        flow->ordered = take_ordered(form, errors);
        take_signature(form, errors, &flow->choices);
        take_headers(form, errors, &flow->choices);
    }
    flow->verify_token = take_verify_token(form, errors);
}

void hub_subscribe_check(const struct hub *hub, const struct wsub_form *form,
                         struct hub_errors *errors)
{
    struct flow *flow = flow_new(NULL, true);

    take(flow, hub, form, errors);
    flow_free(flow);
}

/* As the topic's group says; responds when it may not be. */
static bool may_go_on(const struct flow *flow)
{
    const char *authorization = wsub_http_header(flow->req, "Authorization");
    bool is_admitted =
        flow->subscribe ? hub_policy_admits_subscriber(
                              flow->hub, flow->topic.data, authorization)
                        : hub_policy_admits(flow->hub, flow->policy,
                                            HUB_TOKEN_SUBSCRIBE, authorization);

    if (!is_admitted)
        hub_access_refuse(flow->req);
    else if (flow->subscribe && flow->policy->is_deleted)
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
    take(flow, hub, form, &errors);
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

/* The operator's own lists hold for operators too.  Responds when they, or a group
 * that was deleted, don't let it through. */
static bool may_be_ordered(const struct flow *flow)
{
    const char *denial = wsub_policy_denial(flow->hub->config, flow->topic.data,
                                            flow->callback.data);

    if (denial != NULL)
        hub_refuse(flow->req, HUB_FAULT_CLOSED, NULL, "%s", denial);
    else if (flow->policy->is_deleted)
        hub_policy_refuse_gone(flow->req);
    else
        return true;
    return false;
}

void hub_subscribe_as_operator(struct hub *hub, struct wsub_http_request *req,
                               const struct wsub_form *form, bool was_there)
{
    struct flow *flow = flow_new(req, true);
    struct hub_errors errors = {0};

    flow->hub = hub;
    flow->is_operator = true;
    flow->was_there = was_there;
    flow->way = WSUB_SUBMISSION_TRUST;
    flow->reason = "";
    take(flow, hub, form, &errors);
    if (hub_errors_respond(&errors, req) || !may_be_ordered(flow)) {
        flow_free(flow);
        return;
    }
    name_subscription(flow);
    submit(flow);
}
