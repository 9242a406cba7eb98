/* subscribed_topics.c - see subscribed_topics.h.
 *
 *   check -> a page of a shard, of the next one ... -> 200
 *                                                '--> 503
 */
#include "hub/subscribed_topics.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/subscribed_topics.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/index_place.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

#define CALLS_MAX 20 /* in one request: 10,000 topics are looked at */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    size_t limit;
    struct hub_index_place at;
    unsigned last_shard;
    char *prefix; /* owned */
    unsigned calls;
    json_t *rows; /* owned */
};

static void flow_free(struct flow *flow)
{
    json_decref(flow->rows);
    free(flow->prefix);
    free(flow);
}

static void respond(struct flow *flow, bool more)
{
    json_t *root = json_pack("{s:O}", "topics", flow->rows);

    if (more)
        json_object_set_new(root, "next", hub_index_place_json(&flow->at));
    hub_json_respond(flow->req, root);
    flow_free(flow);
}

static void read_page(struct flow *flow);

static json_t *row(const struct wsub_subscribed_topic *topic)
{
    return json_pack(
        "{s:o, s:I}", "topic",
        hub_json_text(topic->topic[0] != '\0' ? topic->topic : NULL),
        "subscriptions", (json_int_t)topic->subscriptions);
}

static void on_page(enum wsub_err err, const char *after,
                    const struct wsub_subscribed_topic *topics, size_t count,
                    void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(flow->req);
        flow_free(flow);
        return;
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(flow->rows, row(&topics[i]));
    if (!hub_index_place_move(&flow->at, after, flow->last_shard))
        respond(flow, false);
    else if (json_array_size(flow->rows) == flow->limit ||
             ++flow->calls == CALLS_MAX)
        respond(flow, true);
    else
        read_page(flow);
}

/* The replicas of subscriptions to `*` are told of once. */
static void read_page(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    struct wsub_topic_ref all = wsub_topic_ref(store, WSUB_TOPIC_ALL);

    wsub_subscribed_topics(
        store,
        &(struct wsub_subscribed_query){
            .shard = flow->at.shard,
            .after = flow->at.after,
            .most = flow->limit - json_array_size(flow->rows),
            .prefix = flow->prefix,
            .other_than = flow->at.shard == all.shard ? "" : all.digest,
        },
        on_page, flow);
}

void hub_subscribed_topics(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_errors errors = {0};
    struct wsub_form query = {0};

    flow->hub = arg;
    flow->req = req;
    flow->last_shard = wsub_store_shards(flow->hub->store) - 1;
    flow->rows = json_array();
    if (hub_params_query(req, &errors, &query)) {
        flow->prefix = hub_index_prefix(&query, &errors);
        hub_index_place(&query, 0, flow->last_shard, &errors, &flow->at);
        hub_operator_limit(&query, &errors, &flow->limit);
    }
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        read_page(flow);
    wsub_form_done(&query);
}
