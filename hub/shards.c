/* shards.c - see shards.h.
 *
 *   token -> check -> a look at each shard of the page -> 200
 *                                                  '----> 503
 *
 * A place in the list is N-0-0: from shard N on. */
#include "hub/shards.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/shard_status.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"

struct flow;

struct look {
    struct flow *flow;
    unsigned shard;
    json_t *row; /* owned until it is in the list; NULL until the reply */
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_countdown all;
    unsigned end; /* of the page */
    size_t count;
    struct look *looks; /* owned */
    bool failed;
};

static void respond(struct flow *flow)
{
    json_t *list = json_array(), *root = json_pack("{s:o}", "shards", list);
    struct wsub_place next = {.shard = flow->end};

    for (size_t i = 0; i < flow->count; i++)
        json_array_append(list, flow->looks[i].row);
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
        json_decref(flow->looks[i].row);
    free(flow->looks);
    free(flow);
}

static void set_number(json_t *row, const char *name, bool is_known,
                       uint64_t value)
{
    json_object_set_new(
        row, name, is_known ? json_integer((json_int_t)value) : json_null());
}

static json_t *position_json(unsigned shard, const char *id)
{
    struct wsub_place place;

    if (id == NULL)
        return json_null();
    place = wsub_place_of(shard, id);
    return hub_json_place(&place);
}

static json_t *status_json(unsigned shard,
                           const struct wsub_shard_status *status)
{
    bool owned = status->owner != NULL;
    json_t *row = json_pack("{s:i, s:o}", "shard", (int)shard, "owner",
                            hub_json_text(status->owner));

    set_number(row, "incarnation", owned, status->incarnation);
    set_number(row, "epoch", owned, status->epoch);
    set_number(row, "lease_ms", owned, status->lease_ms);
    json_object_set_new(row, "position",
                        position_json(shard, status->position));
    set_number(row, "begun", true, status->begun);
    set_number(row, "lag", true, status->lag);
    set_number(row, "open", true, status->open);
    set_number(row, "bulk", true, status->bulk);
    set_number(row, "outbox", true, status->outbox);
    set_number(row, "oldest_ms", status->has_oldest, status->oldest_ms);
    return row;
}

static void on_status(enum wsub_err err, const struct wsub_shard_status *status,
                      void *arg)
{
    struct look *look = arg;

    if (err == WSUB_OK)
        look->row = status_json(look->shard, status);
    else
        look->flow->failed = true;
    wsub_countdown_off(&look->flow->all);
}

static void look_at(struct flow *flow, unsigned from)
{
    wsub_countdown_start(&flow->all, on_all_looked, flow);
    for (unsigned shard = from; shard < flow->end; shard++) {
        struct look *look = &flow->looks[shard - from];

        *look = (struct look){.flow = flow, .shard = shard};
        wsub_countdown_add(&flow->all);
        wsub_shard_status(flow->hub->store, shard, on_status, look);
    }
    wsub_countdown_off(&flow->all);
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    unsigned from = page->from.shard,
             rest = wsub_store_shards(hub->store) - from;
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->count = page->limit < rest ? page->limit : rest;
    flow->end = from + (unsigned)flow->count;
    flow->looks = wsub_calloc(flow->count, sizeof(*flow->looks));
    look_at(flow, from);
}

void hub_shards(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, start);
}
