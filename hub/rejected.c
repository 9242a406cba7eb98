#include "hub/rejected.h"

#include "common/store/rejected_list.h"
#include "hub/json.h"
#include "hub/listing.h"

static json_t *row_json(const void *item)
{
    const struct wsub_rejected_row *row = item;

    return json_pack("{s:I, s:i, s:o, s:o, s:o, s:o}", "at_ms",
                     (json_int_t)row->place.ms, "shard", (int)row->place.shard,
                     "from", hub_json_text(row->from), "entry",
                     hub_json_text(row->id), "why", hub_json_text(row->why),
                     "topic", hub_json_text(row->topic));
}

static const struct hub_listing listing = {
    .name = "rejected",
    .item_bytes = sizeof(struct wsub_rejected_row),
    .list = wsub_rejected_list,
    .row = row_json,
};

static const struct hub_filter_row filters[] = {
    {"shard", "shard", HUB_FILTER_NUMBER, {NULL}},
    {"hub.topic", "topic", HUB_FILTER_TOPIC, {NULL}},
    {0},
};

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    hub_listing_respond(&listing, hub, req, page);
}

void hub_rejected(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
