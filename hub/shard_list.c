#include "hub/shard_list.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"

struct flow;

struct hub_shard_row {
    struct flow *flow;
    unsigned shard;
    json_t *found; /* owned until it is in the list; NULL until the reply */
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    const char *name; /* borrowed */
    struct wsub_countdown all;
    struct hub_filter *filter; /* owned */
    unsigned end;              /* of the page */
    size_t count;
    struct hub_shard_row *rows; /* owned */
    bool failed;
};

static void respond(struct flow *flow)
{
    json_t *list = json_array(), *root = json_pack("{s:o}", flow->name, list);
    struct wsub_place next = {.shard = flow->end};

    for (size_t i = 0; i < flow->count; i++)
        json_array_append(list, flow->rows[i].found);
    hub_filter_apply(flow->filter, list);
    if (flow->end < wsub_store_shards(flow->hub->store))
        json_object_set_new(root, "next", hub_json_place(&next));
    hub_json_respond(flow->req, root);
}

static void on_all_looked(void *arg)
{
    struct flow *flow = arg;

    if (flow->failed)
        hub_refuse_unavailable(flow->req);
    else
        respond(flow);
    for (size_t i = 0; i < flow->count; i++)
        json_decref(flow->rows[i].found);
    free(flow->rows);
    hub_filter_free(flow->filter);
    free(flow);
}

void hub_shard_row_done(struct hub_shard_row *row, json_t *found)
{
    row->found = found;
    if (found == NULL)
        row->flow->failed = true;
    wsub_countdown_off(&row->flow->all);
}

unsigned hub_shard_row_shard(const struct hub_shard_row *row)
{
    return row->shard;
}

void hub_shard_row_number(json_t *found, const char *name, bool is_known,
                          uint64_t value)
{
    json_object_set_new(
        found, name, is_known ? json_integer((json_int_t)value) : json_null());
}

static void look_at_all(struct flow *flow, unsigned from, hub_shard_look *look)
{
    wsub_countdown_start(&flow->all, on_all_looked, flow);
    for (unsigned shard = from; shard < flow->end; shard++) {
        struct hub_shard_row *row = &flow->rows[shard - from];

        *row = (struct hub_shard_row){.flow = flow, .shard = shard};
        wsub_countdown_add(&flow->all);
        look(flow->hub->store, shard, row);
    }
    wsub_countdown_off(&flow->all);
}

void hub_shard_list(struct hub *hub, struct wsub_http_request *req,
                    const struct hub_page *page, const char *name,
                    hub_shard_look *look)
{
    unsigned from = page->from.shard,
             rest = wsub_store_shards(hub->store) - from;
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->name = name;
    flow->filter = page->filter;
    flow->count = page->limit < rest ? page->limit : rest;
    flow->end = from + (unsigned)flow->count;
    flow->rows = wsub_calloc(flow->count, sizeof(*flow->rows));
    look_at_all(flow, from, look);
}
