/* topic.c - see topic.h.
 *
 *   check -> its shard, of `*` each shard -> last fetch -> 200
 *                                     '---------'--> 503
 */
#include "hub/topic.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "common/store/topic_status.h"
#include "common/store/topics.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"
#include "hub/topics.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_buf topic; /* owned; in its normal spelling */
    struct wsub_topic_ref ref;
    struct wsub_countdown all;
    enum wsub_err err;
    struct wsub_topic_status sum; /* of all shards that have its events */
};

/* What one shard says. */
struct part {
    struct flow *flow;
    unsigned shard;
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    free(flow);
}

static json_t *time_json(uint64_t ms)
{
    return ms > 0 ? json_integer((json_int_t)ms) : json_null();
}

static json_t *status_json(const struct flow *flow,
                           const struct wsub_last_fetch *fetch)
{
    const struct wsub_topic_status *sum = &flow->sum;

    return json_pack(
        "{s:s, s:I, s:o, s:{s:I, s:I, s:I, s:o}, s:{s:I, s:I}, s:o}", "topic",
        flow->topic.data, "subscriptions", (json_int_t)sum->subscriptions,
        "newest", sum->has_newest ? hub_json_place(&sum->newest) : json_null(),
        "events", "kept", (json_int_t)sum->kept, "last_minute",
        (json_int_t)sum->last_minute, "last_hour", (json_int_t)sum->last_hour,
        "counted_since_ms", time_json(sum->since_ms), "backlog", "events",
        (json_int_t)sum->not_fanned_out, "jobs", (json_int_t)sum->jobs, "fetch",
        fetch != NULL ? hub_topics_fetch(fetch, true) : json_null());
}

static void on_fetch(enum wsub_err err, const struct wsub_last_fetch *fetch,
                     void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK || err == WSUB_ERR_NOT_FOUND)
        hub_json_respond(flow->req, status_json(flow, fetch));
    else
        hub_refuse_unavailable(flow->req);
    flow_free(flow);
}

static void on_all(void *arg)
{
    struct flow *flow = arg;

    if (flow->err == WSUB_OK)
        wsub_topics_last_fetch(flow->hub->store, &flow->ref, on_fetch, flow);
    else
        on_fetch(flow->err, NULL, flow);
}

static void add_newest(struct wsub_topic_status *sum,
                       const struct wsub_place *newest)
{
    if (!sum->has_newest || wsub_place_newest_first(newest, &sum->newest) < 0)
        sum->newest = *newest;
    sum->has_newest = true;
}

/* Replicas of a subscription are no further ones. */
static void add(struct wsub_topic_status *sum,
                const struct wsub_topic_status *status, unsigned shard,
                bool is_home)
{
    struct wsub_place newest = status->newest;

    newest.shard = shard;
    if (is_home)
        sum->subscriptions = status->subscriptions;
    if (status->has_newest)
        add_newest(sum, &newest);
    sum->kept += status->kept;
    sum->last_minute += status->last_minute;
    sum->last_hour += status->last_hour;
    sum->not_fanned_out += status->not_fanned_out;
    sum->jobs += status->jobs;
    if (status->since_ms > sum->since_ms)
        sum->since_ms = status->since_ms;
}

static void on_status(enum wsub_err err, const struct wsub_topic_status *status,
                      void *arg)
{
    struct part *part = arg;
    struct flow *flow = part->flow;

    if (err == WSUB_OK)
        add(&flow->sum, status, part->shard, part->shard == flow->ref.shard);
    else
        flow->err = err;
    free(part);
    wsub_countdown_off(&flow->all);
}

static void ask(struct flow *flow, unsigned shard)
{
    struct part *part = wsub_calloc(1, sizeof(*part));
    struct wsub_topic_ref ref = flow->ref;

    part->flow = flow;
    part->shard = ref.shard = shard;
    wsub_countdown_add(&flow->all);
    wsub_topic_status(flow->hub->store, &ref, flow->topic.data, on_status,
                      part);
}

static void look_up(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    bool is_everywhere = strcmp(flow->topic.data, WSUB_TOPIC_ALL) == 0;

    flow->ref = wsub_topic_ref(store, flow->topic.data);
    wsub_countdown_start(&flow->all, on_all, flow);
    for (unsigned n = 0; n < wsub_store_shards(store); n++)
        if (is_everywhere || n == flow->ref.shard)
            ask(flow, n);
    wsub_countdown_off(&flow->all);
}

void hub_topic(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    const char *given;

    flow->hub = arg;
    flow->req = req;
    if (hub_params_query(req, &errors, &query))
        hub_param_topic(flow->hub, &query, WSUB_TOPIC_SUBSCRIBE, &errors,
                        &given, &flow->topic);
    wsub_form_done(&query);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        look_up(flow);
}
