#include "hub/damaged.h"

#include "common/store/damaged.h"
#include "hub/json.h"
#include "hub/listing.h"

static json_t *damaged_json(const void *item)
{
    const struct wsub_damaged *damaged = item;

    return json_pack(
        "{s:I, s:i, s:o, s:o, s:o, s:o}", "at_ms",
        (json_int_t)damaged->place.ms, "shard", (int)damaged->place.shard,
        "key", hub_json_text(damaged->key), "why", hub_json_text(damaged->why),
        "part", hub_json_text(damaged->part), "value",
        hub_json_text(damaged->value));
}

static const struct hub_listing listing = {
    .name = "damaged",
    .item_bytes = sizeof(struct wsub_damaged),
    .list = wsub_damaged_list,
    .row = damaged_json,
};

static const struct hub_filter_row filters[] = {
    {"shard", "shard", HUB_FILTER_NUMBER, {NULL}},
    {"key", "key", HUB_FILTER_BEGINS, {NULL}},
    {0},
};

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    hub_listing_respond(&listing, hub, req, page);
}

void hub_damaged(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
