/* subscribed_topics.c - see subscribed_topics.h.
 *
 *   check -> a page of a shard, of the next one ... -> 200
 *                                                '--> 503
 */
#include "hub/subscribed_topics.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/subscribed_topics.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/index_page.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

struct flow {
    struct hub *hub;
    struct hub_index_page page;
};

static void flow_free(struct flow *flow)
{
    hub_index_page_done(&flow->page);
    free(flow);
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

    for (size_t i = 0; i < count; i++)
        json_array_append_new(flow->page.rows, row(&topics[i]));
    if (hub_index_page_goes_on(&flow->page, err, after))
        read_page(flow);
    else
        flow_free(flow);
}

/* The replicas of subscriptions to `*` are told of once. */
static void read_page(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    struct wsub_topic_ref all = wsub_topic_ref(store, WSUB_TOPIC_ALL);

    wsub_subscribed_topics(
        store,
        &(struct wsub_subscribed_query){
            .shard = flow->page.at.shard,
            .after = flow->page.at.after,
            .most = hub_index_page_room(&flow->page),
            .prefix = flow->page.prefix,
            .other_than = flow->page.at.shard == all.shard ? "" : all.digest,
        },
        on_page, flow);
}

void hub_subscribed_topics(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_errors errors = {0};
    struct wsub_form query = {0};

    flow->hub = arg;
    hub_index_page_init(&flow->page, flow->hub, req, "topics");
    if (hub_params_query(req, &errors, &query))
        hub_index_page_take(&flow->page, &query, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        read_page(flow);
    wsub_form_done(&query);
}
