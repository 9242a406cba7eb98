/* subscribe.c - take a subscription request (WebSub section 5.1).
 *
 *   check -> `request` script -> 202, and deliver verifies
 *                 |          '-> 503   Redis failed, or too many wait
 *                 '-> `verified` script -> 202   verify=off
 *
 * A `struct flow` is one request in flight; finish() is the only place that
 * answers the client and frees it. */
#include "hub/subscribe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/topic.h"
#include "hub/params.h"
#include "hub/stats.h"

#define SECRET_MAX_BYTES 199     /* WebSub section 5.1: less than 200 */
#define REQUEST_TTL_S 3600       /* a request that nobody verifies lapses */
#define VERIFY_WAITING_MAX 200000 /* a shard; some 50 MB of Redis */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    bool subscribe;
    struct wsub_buf topic, callback; /* owned; normalized */
    const char *topic_given, *callback_given; /* borrowed until stored */
    uint64_t lease_s;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    wsub_buf_done(&flow->callback);
    free(flow);
}

static void finish(struct flow *flow, enum wsub_err err)
{
    if (err == WSUB_OK) {
        hub_stat_add(flow->subscribe ? HUB_STAT_SUBSCRIBE
                                     : HUB_STAT_UNSUBSCRIBE);
        wsub_http_reply(flow->req, 202, NULL, NULL, 0);
    } else {
        hub_reply_unavailable(flow->req);
    }
    flow_free(flow);
}

static void on_verified(enum wsub_err err, const struct redisReply *reply,
                        void *arg)
{
    (void)reply;
    finish(arg, err);
}

/* verify=off: the request counts as confirmed at once. */
static void confirm(struct flow *flow, uint64_t generation)
{
    struct wsub_redis *redis = flow->hub->redis;
    struct wsub_cmd cmd;

    wsub_cmd_init_script(&cmd, redis, flow->ref.shard, WSUB_SCRIPT_VERIFIED);
    wsub_cmd_str(&cmd, flow->ref.digest);
    wsub_cmd_str(&cmd, flow->cd);
    wsub_cmd_str(&cmd, flow->subscribe ? "s" : "u");
    wsub_cmd_u64(&cmd, generation);
    wsub_cmd_str(&cmd, "confirmed");
    wsub_cmd_str(&cmd, "0");
    wsub_cmd_str(&cmd, "0");
    wsub_cmd_str(&cmd, "0");
    wsub_cmd_str(&cmd, "-");
    if (wsub_redis_send(redis, flow->ref.shard, &cmd, on_verified, flow) !=
        WSUB_OK)
        finish(flow, WSUB_ERR_UNAVAILABLE);
}

static void on_stored(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("request-refused", WSUB_KV("error", reply->str));
    if (err == WSUB_OK && reply->integer < 0) {
        wsub_log_warn("too-many-verifications",
                      WSUB_KU("shard", flow->ref.shard));
        err = WSUB_ERR_UNAVAILABLE;
    }
    if (err == WSUB_OK && reply->integer > 0 && !flow->hub->config->verify)
        confirm(flow, (uint64_t)reply->integer);
    else
        finish(flow, err);
}

static void add_secret(const struct flow *flow, struct wsub_cmd *cmd,
                       const char *secret)
{
    char context[2 * WSUB_DIGEST_LEN + 2];
    struct wsub_buf sealed = {0};

    if (secret == NULL || secret[0] == '\0') {
        wsub_cmd_str(cmd, "-");
        return;
    }
    snprintf(context, sizeof(context), "%s:%s", flow->ref.digest, flow->cd);
    wsub_seal(flow->hub->ring, context, secret, strlen(secret), &sealed);
    wsub_cmd_arg(cmd, sealed.data, sealed.len);
    wsub_buf_done(&sealed);
}

static void store(struct flow *flow, const char *secret)
{
    struct wsub_redis *redis = flow->hub->redis;
    struct wsub_cmd cmd;

    flow->ref = wsub_topic_ref(redis, flow->topic.data);
    wsub_digest(flow->callback.data, flow->callback.len, flow->cd);
    wsub_cmd_init_script(&cmd, redis, flow->ref.shard, WSUB_SCRIPT_REQUEST);
    wsub_cmd_str(&cmd, flow->ref.digest);
    wsub_cmd_str(&cmd, flow->cd);
    wsub_cmd_str(&cmd, flow->subscribe ? "s" : "u");
    wsub_cmd_arg(&cmd, flow->topic.data, flow->topic.len);
    wsub_cmd_str(&cmd, flow->topic_given);
    wsub_cmd_str(&cmd, flow->callback_given);
    wsub_cmd_u64(&cmd, flow->lease_s);
    add_secret(flow, &cmd, secret);
    wsub_cmd_u64(&cmd, REQUEST_TTL_S);
    wsub_cmd_u64(&cmd, VERIFY_WAITING_MAX);
    wsub_cmd_str(&cmd, flow->hub->config->verify ? "verify" : "trust");
    if (wsub_redis_send(redis, flow->ref.shard, &cmd, on_stored, flow) !=
        WSUB_OK)
        finish(flow, WSUB_ERR_UNAVAILABLE);
}

/* Takes the topic and the callback; NULL when a bad one was answered. */
static struct flow *flow_new(struct hub *hub, struct wsub_http_request *req,
                             const struct wsub_form *form, bool subscribe)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->subscribe = subscribe;
    if (hub_check_token(req, hub->config->subscribe_token) &&
        hub_param_url(hub, req, form, "hub.topic", &flow->topic_given,
                      &flow->topic) &&
        hub_param_url(hub, req, form, "hub.callback", &flow->callback_given,
                      &flow->callback))
        return flow;
    flow_free(flow);
    return NULL;
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

static bool take_lease(struct hub *hub, struct wsub_http_request *req,
                       const struct wsub_form *form, uint64_t *ret_s)
{
    const struct wsub_config *config = hub->config;
    const char *text;
    uint64_t lease_s;

    if (!hub_param_optional(req, form, "hub.lease_seconds", &text))
        return false;
    if (text == NULL || text[0] == '\0') {
        *ret_s = config->lease_default_s;
        return true;
    }
    if (!parse_lease(text, &lease_s)) {
        hub_reply_refused(req, 400, "hub.lease_seconds must be a positive "
                                    "decimal number.");
        return false;
    }
    if (config->lease_policy == WSUB_LEASE_REJECT &&
        (lease_s < config->lease_min_s || lease_s > config->lease_max_s)) {
        hub_reply_refused(req, 400,
                          "hub.lease_seconds must be from %u to %u.",
                          config->lease_min_s, config->lease_max_s);
        return false;
    }
    *ret_s = lease_s < config->lease_min_s   ? config->lease_min_s
             : lease_s > config->lease_max_s ? config->lease_max_s
                                             : lease_s;
    return true;
}

static bool take_secret(struct wsub_http_request *req,
                        const struct wsub_form *form, const char **ret_secret)
{
    const char *secret;

    if (!hub_param_optional(req, form, "hub.secret", &secret))
        return false;
    if (secret != NULL && strlen(secret) > SECRET_MAX_BYTES) {
        hub_reply_refused(req, 400,
                          "hub.secret must be shorter than 200 bytes.");
        return false;
    }
    *ret_secret = secret;
    return true;
}

void hub_subscribe(struct hub *hub, struct wsub_http_request *req,
                   const struct wsub_form *form)
{
    struct flow *flow = flow_new(hub, req, form, true);
    const char *secret = NULL;

    if (flow == NULL)
        return;
    if (take_lease(hub, req, form, &flow->lease_s) &&
        take_secret(req, form, &secret))
        store(flow, secret);
    else
        flow_free(flow);
}

void hub_unsubscribe(struct hub *hub, struct wsub_http_request *req,
                     const struct wsub_form *form)
{
    struct flow *flow = flow_new(hub, req, form, false);

    if (flow != NULL)
        store(flow, NULL);
}
