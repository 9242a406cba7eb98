/* changes.c - see changes.h.
 *
 *   add     check -> survey of the logs -> add ----> 200, 409, 503
 *   update  check -> survey, for topics -> update -> 200, 404, 503
 *   remove  check -> remove -----------------------> 200, 404, 503 */
#include "hub/pull/changes.h"

#include <stdlib.h>

#include "common/base/container_of.h"
#include "common/base/mem.h"
#include "common/store/pull/subscriptions_in_redis.h"
#include "common/store/store.h"
#include "hub/json.h"
#include "hub/pressure.h"
#include "hub/pull/admission.h"
#include "hub/pull/body.h"
#include "hub/pull/interests.h"
#include "hub/pull/refusal.h"
#include "hub/pull/shared.h"
#include "hub/pull/start.h"
#include "hub/pull/survey.h"

struct flow {
    const struct hub *hub;
    struct wsub_http_request *req;
    struct hub_pull_surveyor surveyor;
    char *id; /* owned */
    struct hub_pull_topics topics;
    struct hub_pull_start start;
    uint32_t ttl_s; /* 0: not given (update) */
    bool explicit_ack;
    const char *done; /* const; the status when all went well */
};

static struct flow *flow_new(const struct hub *hub,
                             struct wsub_http_request *req, const char *id,
                             const char *done)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->id = wsub_strdup(id);
    flow->done = done;
    return flow;
}

static void flow_free(struct flow *flow)
{
    free(flow->id);
    hub_pull_topics_done(&flow->topics);
    free(flow);
}

static void refuse_full(struct wsub_http_request *req)
{
    hub_pull_refuse_limit(req, HUB_LIMIT_PULL_SUBSCRIPTIONS, NULL);
}

static void on_result(enum wsub_err err, enum wsub_pull_result result,
                      void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK)
        hub_pull_refuse_unavailable(flow->req);
    else if (result == WSUB_PULL_DONE)
        hub_json_respond(flow->req, json_pack("{s:s}", "status", flow->done));
    else if (result == WSUB_PULL_EXISTS)
        hub_pull_refuse(flow->req, 409, "subscription already exists");
    else if (result == WSUB_PULL_FULL)
        refuse_full(flow->req);
    else
        hub_pull_refuse_unknown(flow->req);
    flow_free(flow);
}

/* How many subscriptions other shards have, and may have by the adds that the same
 * survey is for. */
static uint64_t count_others(const struct wsub_store *store,
                             const struct wsub_pull_tail *tails, unsigned shard)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < wsub_store_shards(store); i++)
        if (i != shard)
            count += tails[i].subscriptions;
    return count;
}

static void on_add_surveyed(struct hub_pull_surveyor *surveyor,
                            enum wsub_err err, struct wsub_pull_tail *tails)
{
    struct flow *flow = wsub_container_of(surveyor, struct flow, surveyor);
    const struct hub *hub = flow->hub;
    struct wsub_pull_store *store = hub->pull->subscriptions;
    unsigned shard = wsub_pull_shard(hub->store, flow->id);
    struct wsub_pull_cursors cursors;

    if (err != WSUB_OK) {
        on_result(err, WSUB_PULL_DONE, flow);
        return;
    }
    tails[shard].subscriptions++;
    hub_pull_interests_note(hub->pull->interests, &flow->topics, flow->ttl_s);
    hub_pull_start_cursors(&flow->start, &flow->topics, hub->store, tails,
                           &cursors);
    store->ops->add(store,
                    &(struct wsub_pull_add){
                        .id = flow->id,
                        .subscription = {.topics = flow->topics.text,
                                         .ttl_s = flow->ttl_s,
                                         .explicit_ack = flow->explicit_ack},
                        .cursors = &cursors,
                        .max = hub->config->pull_max_subscriptions,
                        .others = count_others(hub->store, tails, shard),
                    },
                    on_result, flow);
    wsub_pull_cursors_done(&cursors);
}

static bool take_from(struct wsub_http_request *req, const struct hub *hub,
                      const json_t *body, struct hub_pull_start *start)
{
    const json_t *field = json_object_get(body, "from");
    bool given;

    start->from = HUB_PULL_NOW;
    if (hub_pull_is_word(field, "now"))
        return true;
    if (hub_pull_is_word(field, "earliest")) {
        start->from = HUB_PULL_EARLIEST;
        return true;
    }
    if (!hub_pull_body_event(req, hub, body, "from",
                             "\"now\", \"earliest\" or ", &given,
                             &start->event))
        return false;
    if (given)
        start->from = HUB_PULL_EVENT;
    return true;
}

/* Takes what the request says of the subscription; false: responded. */
static bool take_topics(struct flow *flow, const json_t *body, bool *ret_given)
{
    struct wsub_buf text = {0};
    bool fine =
        hub_pull_body_topics(flow->req, flow->hub, body, ret_given, &text);

    if (fine)
        hub_pull_topics_init(&flow->topics, flow->hub->store,
                             wsub_buf_cstr(&text));
    wsub_buf_done(&text);
    return fine;
}

static bool has_memory(const struct hub *hub, struct wsub_http_request *req,
                       const char *id)
{
    if (!hub_pressure_refuses(hub->pressure, wsub_pull_shard(hub->store, id),
                              HUB_PRESSURE_SUBSCRIPTIONS))
        return true;
    hub_pull_refuse_limit(req, HUB_LIMIT_MEMORY_SUBSCRIPTIONS, NULL);
    return false;
}

void hub_pull_add(struct hub *hub, struct wsub_http_request *req,
                  const json_t *body)
{
    const char *id;
    struct flow *flow;
    bool given;

    if (!hub_pull_body_id(req, body, &id))
        return;
    flow = flow_new(hub, req, id, "added");
    flow->ttl_s = hub->config->pull_ttl_s;
    if (!take_topics(flow, body, &given) ||
        !hub_pull_may_have(hub, req, &flow->topics, true) ||
        !take_from(req, hub, body, &flow->start) ||
        !hub_pull_body_number(req, body, "ttl", HUB_PULL_TTL_MAX_S,
                              &flow->ttl_s) ||
        !hub_pull_body_choice(req, body, "ack", "auto", "explicit",
                              &flow->explicit_ack) ||
        !has_memory(hub, req, id)) {
        flow_free(flow);
        return;
    }
    flow->surveyor.on_surveyed = on_add_surveyed;
    hub_pull_survey_look(hub->pull->survey, &flow->surveyor);
}

static void update(struct flow *flow, const struct wsub_pull_cursors *cursors)
{
    struct wsub_pull_store *store = flow->hub->pull->subscriptions;

    store->ops->update(store,
                       &(struct wsub_pull_update){
                           .id = flow->id,
                           .topics = cursors != NULL ? flow->topics.text : NULL,
                           .cursors = cursors,
                           .ttl_s = flow->ttl_s,
                       },
                       on_result, flow);
}

static void on_update_surveyed(struct hub_pull_surveyor *surveyor,
                               enum wsub_err err, struct wsub_pull_tail *tails)
{
    struct flow *flow = wsub_container_of(surveyor, struct flow, surveyor);
    struct wsub_pull_cursors cursors;

    if (err != WSUB_OK) {
        on_result(err, WSUB_PULL_DONE, flow);
        return;
    }
    hub_pull_start_cursors(&flow->start, &flow->topics, flow->hub->store, tails,
                           &cursors);
    update(flow, &cursors);
    wsub_pull_cursors_done(&cursors);
}

void hub_pull_update(struct hub *hub, struct wsub_http_request *req,
                     const json_t *body)
{
    const char *id;
    struct flow *flow;
    bool has_topics = false;

    if (!hub_pull_body_id(req, body, &id))
        return;
    flow = flow_new(hub, req, id, "updated");
    if (!take_topics(flow, body, &has_topics) ||
        (has_topics && !hub_pull_may_have(hub, req, &flow->topics, true)) ||
        !hub_pull_body_number(req, body, "ttl", HUB_PULL_TTL_MAX_S,
                              &flow->ttl_s)) {
        flow_free(flow);
    } else if (has_topics) {
        flow->surveyor.on_surveyed = on_update_surveyed;
        hub_pull_survey_look(hub->pull->survey, &flow->surveyor);
    } else {
        update(flow, NULL);
    }
}

void hub_pull_remove(struct hub *hub, struct wsub_http_request *req,
                     const json_t *body)
{
    struct wsub_pull_store *store = hub->pull->subscriptions;
    const char *id;

    if (hub_pull_body_id(req, body, &id))
        store->ops->remove(store, id, on_result,
                           flow_new(hub, req, id, "removed"));
}
