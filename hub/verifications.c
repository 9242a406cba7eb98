#include "hub/verifications.h"

#include "common/store/verifications.h"
#include "hub/json.h"
#include "hub/listing.h"

#define LISTED_MS 3600000

static json_t *failed_json(const void *item)
{
    const struct wsub_failed_verification *failed = item;

    return json_pack("{s:I, s:s, s:o, s:o, s:o, s:i, s:b}", "at_ms",
                     (json_int_t)failed->place.ms, "mode",
                     wsub_request_mode_name(failed->mode), "topic",
                     hub_json_text(failed->topic), "callback",
                     hub_json_text(failed->callback), "why",
                     hub_json_text(failed->why), "failures",
                     (int)failed->failures, "again", failed->again);
}

static const struct hub_listing listing = {
    .name = "verifications",
    .item_bytes = sizeof(struct wsub_failed_verification),
    .kept_ms = LISTED_MS,
    .list = wsub_verifications_list,
    .row = failed_json,
};

static const struct hub_filter_row filters[] = {
    {"hub.topic", "topic", HUB_FILTER_TOPIC, {NULL}},
    {"hub.callback", "callback", HUB_FILTER_CALLBACK, {NULL}},
    {"host", "callback", HUB_FILTER_HOST, {NULL}},
    {"mode",
     "mode",
     HUB_FILTER_SAME,
     {"subscribe", "unsubscribe", "denied", NULL}},
    {0},
};

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    hub_listing_respond(&listing, hub, req, page);
}

void hub_verifications(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
