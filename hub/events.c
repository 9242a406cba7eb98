/* events.c - see events.h.
 *
 *   token -> check -> cluster events after `from` ------------------> 200
 *                 '-> changes of the shard -> topics and callbacks --'
 *
 * `from`, and `next`, is the id of the last event of the page before. */
#include "hub/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/event_list.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"
#include "hub/rows.h"

struct query {
    unsigned shard; /* or WSUB_SHARD_CLUSTER */
    struct hub_filter *filter;
    size_t limit;
    bool continued;
    struct wsub_place from; /* when continued */
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct hub_filter *filter; /* owned */
    unsigned shard;
    size_t limit;
    bool more;
    char last[WSUB_PLACE_BYTES]; /* id in this page */
};

static void finish(struct flow *flow, json_t *list)
{
    json_t *root;

    if (list == NULL) {
        hub_refuse_unavailable(flow->req);
    } else {
        hub_filter_apply(flow->filter, list);
        root = json_pack("{s:o}", "events", list);
        if (flow->more)
            json_object_set_new(root, "next", json_string(flow->last));
        hub_json_respond(flow->req, root);
    }
    hub_filter_free(flow->filter);
    free(flow);
}

static json_t *head_json(const struct wsub_cluster_event *event)
{
    return json_pack("{s:s, s:I, s:s}", "id", event->id, "at_ms",
                     (json_int_t)wsub_place_of(0, event->id).ms, "kind",
                     wsub_cluster_event_name(event->kind));
}

static void set_text(json_t *row, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(row, name, hub_json_text(text));
}

static void set_number(json_t *row, const char *name, uint64_t number)
{
    if (number != 0)
        json_object_set_new(row, name, json_integer((json_int_t)number));
}

static json_t *event_json(const struct wsub_cluster_event *event)
{
    json_t *row = head_json(event);

    set_text(row, "instance", event->instance);
    set_number(row, "incarnation", event->incarnation);
    set_text(row, "role", event->role);
    if (event->shard >= 0)
        json_object_set_new(row, "shard", json_integer(event->shard));
    set_number(row, "epoch", event->epoch);
    set_text(row, "group", event->group);
    set_number(row, "version", event->version);
    set_text(row, "detail", event->detail);
    return row;
}

static void on_rows(enum wsub_err err, json_t *list, void *arg)
{
    (void)err;
    finish(arg, list);
}

static void add_change(struct hub_rows *rows, unsigned shard,
                       const struct wsub_cluster_event *event)
{
    struct wsub_subscription_key key = {.shard = shard};
    json_t *row = head_json(event);

    snprintf(key.td, sizeof(key.td), "%s", event->td != NULL ? event->td : "");
    snprintf(key.cd, sizeof(key.cd), "%s", event->cd != NULL ? event->cd : "");
    json_object_set_new(row, "topic_id", hub_json_text(event->td));
    json_object_set_new(row, "callback_id", hub_json_text(event->cd));
    hub_rows_add(rows, &key, row);
}

static void tell_changes(struct flow *flow,
                         const struct wsub_cluster_event *list, size_t count)
{
    struct hub_rows *rows = hub_rows_new(flow->hub->store);

    for (size_t i = 0; i < count; i++)
        add_change(rows, flow->shard, &list[i]);
    hub_rows_finish(rows, NULL, on_rows, flow);
}

static void tell_events(struct flow *flow,
                        const struct wsub_cluster_event *list, size_t count)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, event_json(&list[i]));
    finish(flow, rows);
}

/* One more than the page holds tells whether there are more. */
static void on_events(enum wsub_err err, const struct wsub_cluster_event *list,
                      size_t count, void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        finish(flow, NULL);
        return;
    }
    flow->more = count > flow->limit;
    count = flow->more ? flow->limit : count;
    if (count > 0)
        snprintf(flow->last, sizeof(flow->last), "%s", list[count - 1].id);
    if (flow->shard == WSUB_SHARD_CLUSTER)
        tell_events(flow, list, count);
    else
        tell_changes(flow, list, count);
}

static const struct hub_filter_row filters[] = {
    {"kind", "kind", HUB_FILTER_SAME, {NULL}},
    {"instance", "instance", HUB_FILTER_SAME, {NULL}},
    {"hub.topic", "topic", HUB_FILTER_TOPIC, {NULL}},
    {"hub.callback", "callback", HUB_FILTER_CALLBACK, {NULL}},
    {0},
};

static bool parse_shard(const char *text, unsigned shards, unsigned *ret_shard)
{
    unsigned shard = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9' && shard < shards; at++)
        shard = shard * 10 + (unsigned)(*at - '0');
    *ret_shard = shard;
    return at != text && *at == '\0' && shard < shards;
}

static void take_shard(const struct hub *hub, const struct wsub_form *form,
                       struct hub_errors *errors, struct query *query)
{
    static const char name[] = "shard";
    unsigned shards = wsub_store_shards(hub->store);
    const char *text = NULL;

    query->shard = WSUB_SHARD_CLUSTER;
    if (hub_param_optional(form, name, HUB_FAULT_REQUEST, errors, &text) &&
        text != NULL && !parse_shard(text, shards, &query->shard))
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be from 0 to %u.", name, shards - 1);
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct query *query)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->filter = query->filter;
    flow->shard = query->shard;
    flow->limit = query->limit;
    wsub_event_list(hub->store, query->shard,
                    query->continued ? &query->from : NULL, query->limit + 1,
                    on_events, flow);
}

void hub_events(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form form = {0};
    struct query query = {0};

    if (hub_params_query(req, &errors, &form)) {
        hub_operator_stream_id(&form, "from", &errors, &query.continued,
                               &query.from);
        hub_operator_limit(&form, &errors, &query.limit);
        take_shard(hub, &form, &errors, &query);
        query.filter = hub_filter_new(&form, filters, &errors);
    }
    if (!hub_errors_respond(&errors, req))
        start(hub, req, &query);
    else
        hub_filter_free(query.filter);
    wsub_form_done(&form);
}
