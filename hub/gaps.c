/* gaps.c - see gaps.h.
 *
 *   token -> check -> gaps of all shards -> rows -> 200
 *
 * A page begins behind the last gap of the page before. */
#include "hub/gaps.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/gaps.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/rows.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct hub_filter *filter; /* owned */
    bool more;
    struct wsub_place next; /* when there is more */
};

static void finish(struct flow *flow, json_t *list)
{
    json_t *root;

    if (list == NULL) {
        hub_refuse_unavailable(flow->req);
    } else {
        hub_filter_apply(flow->filter, list);
        root = json_pack("{s:o}", "gaps", list);
        if (flow->more)
            json_object_set_new(root, "next", hub_json_place(&flow->next));
        hub_json_respond(flow->req, root);
    }
    hub_filter_free(flow->filter);
    free(flow);
}

static void on_rows(enum wsub_err err, json_t *list, void *arg)
{
    (void)err;
    finish(arg, list);
}

static json_t *event_json(bool exists, const struct wsub_place *event)
{
    return exists ? hub_json_place(event) : json_null();
}

static json_t *gap_json(const struct wsub_gap *gap)
{
    return json_pack("{s:I, s:I, s:o, s:o}", "at_ms", (json_int_t)gap->place.ms,
                     "count", (json_int_t)gap->count, "from",
                     event_json(gap->has_from, &gap->from), "to",
                     event_json(gap->has_to, &gap->to));
}

static void on_gaps(enum wsub_err err, const void *items, size_t count,
                    const struct wsub_place *next, void *arg)
{
    const struct wsub_gap *list = items;
    struct flow *flow = arg;
    struct hub_rows *rows;

    if (err != WSUB_OK) {
        finish(flow, NULL);
        return;
    }
    rows = hub_rows_new(flow->hub->store);
    flow->more = next != NULL;
    if (flow->more)
        flow->next = *next;
    for (size_t i = 0; i < count; i++)
        hub_rows_add(rows, &list[i].key, gap_json(&list[i]));
    hub_rows_finish(rows, NULL, on_rows, flow);
}

static const struct hub_filter_row filters[] = {
    {"hub.topic", "topic", HUB_FILTER_TOPIC, {NULL}},
    {"hub.callback", "callback", HUB_FILTER_CALLBACK, {NULL}},
    {"host", "callback", HUB_FILTER_HOST, {NULL}},
    {0},
};

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->filter = page->filter;
    wsub_gaps_list(hub->store, page->continued ? &page->from : NULL,
                   page->limit, on_gaps, flow);
}

void hub_gaps(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
