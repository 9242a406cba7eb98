/* suspended.c - see suspended.h.
 *
 *   token -> check -> count -> a page of one shard after the other -> rows
 *                                                                    -> 200
 *
 * A place in the list is N-SINCE-SKIP: shard N, from time SINCE on without the
 * first SKIP of that very time.  So a subscription that leaves the list
 * meanwhile does not make another one drop out between two pages. */
#include "hub/suspended.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/suspended.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/rows.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    size_t limit;
    struct hub_filter *filter; /* owned */
    struct wsub_place at;      /* the next page of a shard */
    struct hub_rows *rows;     /* owned until they are finished */
    bool more;
    uint64_t total;
};

static void finish(struct flow *flow, json_t *list)
{
    json_t *root;

    if (list == NULL) {
        hub_refuse_unavailable(flow->req);
    } else {
        hub_filter_apply(flow->filter, list);
        root = json_pack("{s:I, s:o}", "count", (json_int_t)flow->total,
                         "subscriptions", list);
        if (flow->more)
            json_object_set_new(root, "next", hub_json_place(&flow->at));
        hub_json_respond(flow->req, root);
    }
    hub_filter_free(flow->filter);
    free(flow);
}

static void fail(struct flow *flow)
{
    hub_rows_free(flow->rows);
    finish(flow, NULL);
}

static void fill(json_t *row, const struct wsub_subscription *found)
{
    json_object_set_new(row, "missed", json_integer((json_int_t)found->missed));
}

static void on_rows(enum wsub_err err, json_t *list, void *arg)
{
    (void)err;
    finish(arg, list);
}

/* Takes the next subscription of the shard. */
static void take_row(struct flow *flow, const struct wsub_suspended *suspended)
{
    struct wsub_subscription_key key;

    if (flow->at.ms != suspended->since_ms) {
        flow->at.ms = suspended->since_ms;
        flow->at.seq = 0;
    }
    flow->at.seq++;
    if (wsub_subscription_key_parse(suspended->name, flow->at.shard, &key))
        hub_rows_add(
            flow->rows, &key,
            json_pack("{s:I}", "since_ms", (json_int_t)suspended->since_ms));
}

static void read_page(struct flow *flow);

static void on_page(enum wsub_err err, const struct wsub_suspended *list,
                    size_t count, void *arg)
{
    struct flow *flow = arg;
    size_t capacity = flow->limit - hub_rows_count(flow->rows);

    if (err != WSUB_OK) {
        fail(flow);
        return;
    }
    flow->more = count > capacity;
    for (size_t i = 0; i < count && i < capacity; i++)
        take_row(flow, &list[i]);
    if (!flow->more) {
        flow->at = (struct wsub_place){.shard = flow->at.shard + 1};
        if (flow->at.shard < wsub_store_shards(flow->hub->store)) {
            read_page(flow);
            return;
        }
    }
    hub_rows_finish(flow->rows, fill, on_rows, flow);
}

/* One more than the page takes tells whether there are more. */
static void read_page(struct flow *flow)
{
    wsub_suspended_list(
        flow->hub->store, flow->at.shard, flow->at.ms, flow->at.seq,
        flow->limit - hub_rows_count(flow->rows) + 1, on_page, flow);
}

static void on_count(enum wsub_err err, uint64_t count, void *arg)
{
    struct flow *flow = arg;

    flow->total = count;
    if (err == WSUB_OK)
        read_page(flow);
    else
        fail(flow);
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
    flow->limit = page->limit;
    flow->filter = page->filter;
    flow->at = page->from;
    flow->rows = hub_rows_new(hub->store);
    wsub_suspended_count(hub->store, on_count, flow);
}

void hub_suspended(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
