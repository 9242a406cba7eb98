/* publish.c - see publish.h.
 *
 *   check all -> announce, by shards -> all are noted -> 204
 *          |                       '--> one failed    -> 503
 *          '--> 503   Redis is near its memory limit
 *
 * After a 503 some topics may have been noted; announcing them again, as the
 * publisher will, is harmless. */
#include "hub/publish.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/store/publications.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/clients.h"
#include "hub/errors.h"
#include "hub/group_rates.h"
#include "hub/limits.h"
#include "hub/params.h"
#include "hub/policy.h"
#include "hub/pressure.h"
#include "hub/stats.h"

#define TOPICS_MAX 100 /* in one request */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_buf topics[TOPICS_MAX]; /* owned; normalized */
    unsigned shards[TOPICS_MAX];        /* of each */
    size_t count;
    struct wsub_client_address client;
    struct wsub_countdown all;
    enum wsub_err err;
};

static void flow_free(struct flow *flow)
{
    for (size_t i = 0; i < TOPICS_MAX; i++)
        wsub_buf_done(&flow->topics[i]);
    free(flow);
}

static void finish(void *arg)
{
    struct flow *flow = arg;

    if (flow->err == WSUB_ERR_FULL) {
        hub_limit_refuse(flow->req, HUB_LIMIT_ANNOUNCED_HOST, 0,
                         flow->client.text);
    } else if (flow->err == WSUB_OK) {
        wsub_metric_add(&hub_stats[HUB_STAT_PUBLISH], 1);
        wsub_http_respond(flow->req, 204, NULL, NULL, 0);
    } else {
        hub_refuse_unavailable(flow->req);
    }
    flow_free(flow);
}

static void finish_limited(struct flow *flow, enum hub_limit limit,
                           uint32_t retry_after_s)
{
    hub_limit_refuse(flow->req, limit, retry_after_s, flow->client.text);
    flow_free(flow);
}

static void on_announced(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK)
        flow->err = err;
    wsub_countdown_off(&flow->all);
}

static bool is_first_of_shard(const struct flow *flow, size_t topic)
{
    for (size_t i = 0; i < topic; i++)
        if (flow->shards[i] == flow->shards[topic])
            return false;
    return true;
}

/* Announces the topic and those after it that are in the same shard. */
static void announce_from(struct flow *flow, size_t first)
{
    const char *topics[TOPICS_MAX];
    size_t count = 0;

    for (size_t i = first; i < flow->count; i++)
        if (flow->shards[i] == flow->shards[first])
            topics[count++] = flow->topics[i].data;
    wsub_countdown_add(&flow->all);
    wsub_publications_announce(flow->hub->store, flow->shards[first], topics,
                               count, on_announced, flow);
}

static void announce(struct flow *flow)
{
    wsub_countdown_start(&flow->all, finish, flow);
    for (size_t i = 0; i < flow->count; i++)
        if (is_first_of_shard(flow, i))
            announce_from(flow, i);
    wsub_countdown_off(&flow->all);
}

static void find_shards(struct flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        flow->shards[i] =
            wsub_topic_shard(flow->hub->store, flow->topics[i].data);
}

static bool is_memory_high(const struct flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        if (hub_pressure_refuses(flow->hub->pressure, flow->shards[i],
                                 HUB_PRESSURE_CONTENT))
            return true;
    return false;
}

static bool is_topic(const struct wsub_form_field *field)
{
    return strcmp(field->name, "hub.url") == 0 ||
           strcmp(field->name, "hub.topic") == 0;
}

static size_t count_topics(const struct wsub_form *form)
{
    size_t count = 0;

    for (size_t i = 0; i < form->count; i++)
        count += is_topic(&form->fields[i]);
    return count;
}

/* Checks topic `number` (from 1) of `total`; adds it to `ret_url`. */
static void take_topic(const struct hub *hub,
                       const struct wsub_form_field *field, size_t number,
                       size_t total, struct hub_errors *errors,
                       struct wsub_buf *ret_url)
{
    bool is_url = strcmp(field->name, "hub.url") == 0;
    const char *name = is_url ? "hub.url" : "hub.topic";
    const char *problem =
        hub_topic_fault(hub, field->value, WSUB_TOPIC_ANNOUNCE, ret_url);
    enum hub_fault fault =
        field->value[0] == '\0' ? HUB_FAULT_MISSING : HUB_FAULT_TOPIC;

    if (problem == NULL)
        problem = hub_reach_fault(hub, wsub_buf_cstr(ret_url));
    if (problem != NULL && total == 1)
        hub_errors_add(errors, fault, name, "%s %s.", name, problem);
    else if (problem != NULL)
        hub_errors_add(errors, fault, name, "%s (topic %zu of %zu) %s.", name,
                       number, total, problem);
}

/* Takes all topics; `topics` has room for TOPICS_MAX. */
static size_t take_topics(const struct hub *hub, const struct wsub_form *form,
                          struct hub_errors *errors, struct wsub_buf *topics)
{
    size_t total = count_topics(form), count = 0;

    if (total == 0)
        hub_errors_add(errors, HUB_FAULT_MISSING, "hub.url",
                       "hub.url is missing.");
    if (total > TOPICS_MAX) {
        hub_errors_add(errors, HUB_FAULT_TOPIC, "hub.url",
                       "More than %d topics in one request.", TOPICS_MAX);
        return 0;
    }
    for (size_t i = 0; i < form->count; i++) {
        if (!is_topic(&form->fields[i]))
            continue;
        take_topic(hub, &form->fields[i], count + 1, total, errors,
                   &topics[count]);
        count++;
    }
    return count;
}

void hub_publish_check(const struct hub *hub, const struct wsub_form *form,
                       struct hub_errors *errors)
{
    struct wsub_buf topics[TOPICS_MAX] = {0};

    take_topics(hub, form, errors, topics);
    for (size_t i = 0; i < TOPICS_MAX; i++)
        wsub_buf_done(&topics[i]);
}

/* Each topic is as its own group says; responds when one may not be announced. */
static bool may_announce(const struct flow *flow)
{
    const char *authorization = wsub_http_header(flow->req, "Authorization");
    bool is_gone = false;

    for (size_t i = 0; i < flow->count; i++) {
        const struct wsub_policy *policy =
            hub_policy_of(flow->hub, flow->topics[i].data);

        if (!hub_policy_admits(flow->hub, policy, HUB_TOKEN_PUBLISH,
                               authorization)) {
            hub_access_refuse(flow->req);
            return false;
        }
        is_gone |= policy->is_deleted;
    }
    if (is_gone)
        hub_policy_refuse_gone(flow->req);
    return !is_gone;
}

/* A token that is good for all topics makes its client nobody strange. */
static bool is_stranger(const struct flow *flow)
{
    const char *authorization = wsub_http_header(flow->req, "Authorization");

    for (size_t i = 0; i < flow->count; i++)
        if (!hub_policy_shows(flow->hub,
                              hub_policy_of(flow->hub, flow->topics[i].data),
                              HUB_TOKEN_PUBLISH, authorization))
            return true;
    return false;
}

/* Returns after how many seconds a group may have the next event, or 0; what was
 * taken of others before one has none is theirs no more. */
static uint32_t take_rates(const struct flow *flow)
{
    uint32_t retry_after_s = 0;

    for (size_t i = 0; i < flow->count && retry_after_s == 0; i++)
        retry_after_s = hub_group_rates_take(
            flow->hub->group_rates,
            hub_policy_of(flow->hub, flow->topics[i].data), wsub_now_us());
    return retry_after_s;
}

void hub_publish(struct hub *hub, struct wsub_http_request *req,
                 const struct wsub_form *form)
{
    struct hub_errors errors = {0};
    uint32_t retry_after_s = 0;
    struct flow *flow;

    if (!hub_policy_may_be(hub, HUB_TOKEN_PUBLISH,
                           wsub_http_header(req, "Authorization"))) {
        hub_access_refuse(req);
        return;
    }
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    flow->count = take_topics(hub, form, &errors, flow->topics);
    if (hub_errors_respond(&errors, req)) {
        flow_free(flow);
        return;
    }
    if (!may_announce(flow)) {
        flow_free(flow);
        return;
    }
    hub_clients_find(hub->clients, req, &flow->client);
    if (is_stranger(flow))
        retry_after_s = hub_clients_take(hub->clients, HUB_RATE_ANNOUNCE,
                                         &flow->client, (uint32_t)flow->count);
    if (retry_after_s > 0) {
        finish_limited(flow, HUB_LIMIT_ANNOUNCE_RATE, retry_after_s);
        return;
    }
    retry_after_s = take_rates(flow);
    if (retry_after_s > 0) {
        finish_limited(flow, HUB_LIMIT_PUBLISH_RATE, retry_after_s);
        return;
    }
    find_shards(flow);
    if (is_memory_high(flow)) {
        finish_limited(flow, HUB_LIMIT_MEMORY_CONTENT, 0);
    } else {
        announce(flow);
    }
}
