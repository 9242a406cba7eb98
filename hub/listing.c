#include "hub/listing.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/json.h"

struct flow {
    const struct hub_listing *listing; /* const */
    struct hub *hub;
    struct wsub_http_request *req;
    struct hub_filter *filter; /* owned */
};

/* An item begins with its place. */
static const struct wsub_place *place_of(const struct flow *flow,
                                         const void *items, size_t i)
{
    const char *item = (const char *)items + i * flow->listing->item_bytes;

    return (const struct wsub_place *)(const void *)item;
}

static bool is_kept(const struct flow *flow, const struct wsub_place *place)
{
    uint64_t kept_ms = flow->listing->kept_ms;

    return kept_ms == 0 ||
           place->ms + kept_ms >= wsub_store_time_ms(flow->hub->store);
}

static void respond(const struct flow *flow, const void *items, size_t count,
                    const struct wsub_place *next)
{
    json_t *rows = json_array();
    json_t *root = json_pack("{s:o}", flow->listing->name, rows);
    size_t i;

    for (i = 0; i < count && is_kept(flow, place_of(flow, items, i)); i++)
        json_array_append_new(rows,
                              flow->listing->row(place_of(flow, items, i)));
    hub_filter_apply(flow->filter, rows);
    if (i == count && next != NULL && is_kept(flow, next))
        json_object_set_new(root, "next", hub_json_place(next));
    hub_json_respond(flow->req, root);
}

static void on_listed(enum wsub_err err, const void *items, size_t count,
                      const struct wsub_place *next, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        respond(flow, items, count, next);
    else
        hub_refuse_unavailable(flow->req);
    hub_filter_free(flow->filter);
    free(flow);
}

void hub_listing_respond(const struct hub_listing *listing, struct hub *hub,
                         struct wsub_http_request *req,
                         const struct hub_page *page)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->listing = listing;
    flow->hub = hub;
    flow->req = req;
    flow->filter = page->filter;
    listing->list(hub->store, page->continued ? &page->from : NULL, page->limit,
                  on_listed, flow);
}
