/* topic_events.c - see topic_events.h.
 *
 *   check -> a page of the log, the one before ... -> 200
 *                                              '--> 503
 */
#include "hub/topic_events.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "common/store/topic_events.h"
#include "hub/errors.h"
#include "hub/event_row.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

#define CALLS_MAX 20 /* in one request: 10,000 events are looked at */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_buf topic; /* owned; in its normal spelling */
    unsigned shard;
    struct hub_page page;
    unsigned calls;
    json_t *rows; /* owned */
};

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    json_decref(flow->rows);
    free(flow);
}

static void respond(struct flow *flow)
{
    json_t *root = json_pack("{s:O}", "events", flow->rows);

    if (flow->page.continued)
        json_object_set_new(root, "next", hub_json_place(&flow->page.from));
    hub_json_respond(flow->req, root);
    flow_free(flow);
}

static void read_page(struct flow *flow);

static void take_events(struct flow *flow,
                        const struct wsub_topic_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct wsub_place place = events[i].place;

        place.shard = flow->shard;
        json_array_append_new(flow->rows,
                              hub_event_row(&place, &events[i].status));
    }
}

static void on_page(enum wsub_err err, const struct wsub_place *before,
                    const struct wsub_topic_event *events, size_t count,
                    void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(flow->req);
        flow_free(flow);
        return;
    }
    take_events(flow, events, count);
    flow->page.continued = before != NULL;
    if (before != NULL) {
        flow->page.from = *before;
        flow->page.from.shard = flow->shard;
    }
    if (before == NULL || json_array_size(flow->rows) == flow->page.limit ||
        ++flow->calls == CALLS_MAX)
        respond(flow);
    else
        read_page(flow);
}

static void read_page(struct flow *flow)
{
    wsub_topic_events(flow->hub->store, flow->shard, flow->topic.data,
                      flow->page.continued ? &flow->page.from : NULL,
                      flow->page.limit - json_array_size(flow->rows), on_page,
                      flow);
}

/* The shards of `*` have no common order that a bounded look could find. */
static void take_topic(struct flow *flow, const struct wsub_form *query,
                       struct hub_errors *errors)
{
    static const char name[] = "hub.topic";
    const char *given;

    if (!hub_param_topic(flow->hub, query, WSUB_TOPIC_SUBSCRIBE, errors, &given,
                         &flow->topic))
        return;
    flow->shard = wsub_topic_shard(flow->hub->store, flow->topic.data);
    if (strcmp(flow->topic.data, WSUB_TOPIC_ALL) == 0)
        hub_errors_add(errors, HUB_FAULT_TOPIC, name,
                       "%s must be a topic of one shard, which * is not.",
                       name);
}

static void take(struct flow *flow, const struct wsub_form *query,
                 struct hub_errors *errors)
{
    take_topic(flow, query, errors);
    hub_operator_page(flow->hub, query, errors, &flow->page);
    if (errors->count == 0 && flow->page.continued &&
        flow->page.from.shard != flow->shard)
        hub_operator_add_stray(errors, "from");
}

void hub_topic_events(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct hub_errors errors = {0};
    struct wsub_form query = {0};

    flow->hub = arg;
    flow->req = req;
    flow->rows = json_array();
    if (hub_params_query(req, &errors, &query))
        take(flow, &query, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        read_page(flow);
    wsub_form_done(&query);
}
