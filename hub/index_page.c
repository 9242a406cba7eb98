#include "hub/index_page.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

#define CALLS_MAX 20 /* in one request: 10,000 members are looked at */
#define PREFIX_MAX_BYTES 2048

void hub_index_page_init(struct hub_index_page *page, const struct hub *hub,
                         struct wsub_http_request *req, const char *name)
{
    *page = (struct hub_index_page){
        .req = req,
        .name = name,
        .last_shard = wsub_store_shards(hub->store) - 1,
        .rows = json_array(),
    };
}

void hub_index_page_done(struct hub_index_page *page)
{
    json_decref(page->rows);
    free(page->prefix);
}

static void take_prefix(struct hub_index_page *page,
                        const struct wsub_form *query,
                        struct hub_errors *errors)
{
    static const char name[] = "topic_prefix";
    const char *text = NULL;

    if (hub_param_optional(query, name, HUB_FAULT_REQUEST, errors, &text) &&
        text != NULL && strlen(text) > PREFIX_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be at most %d bytes.", name, PREFIX_MAX_BYTES);
    page->prefix = wsub_strdup(text != NULL ? text : "");
}

void hub_index_page_take(struct hub_index_page *page,
                         const struct wsub_form *query,
                         struct hub_errors *errors)
{
    hub_index_place(query, page->at.shard, page->last_shard, errors, &page->at);
    take_prefix(page, query, errors);
    hub_operator_limit(query, errors, &page->limit);
}

size_t hub_index_page_room(const struct hub_index_page *page)
{
    return page->limit - json_array_size(page->rows);
}

static void respond(struct hub_index_page *page, bool more)
{
    json_t *root = json_pack("{s:O}", page->name, page->rows);

    if (more)
        json_object_set_new(root, "next", hub_index_place_json(&page->at));
    hub_json_respond(page->req, root);
}

bool hub_index_page_goes_on(struct hub_index_page *page, enum wsub_err err,
                            const char *after)
{
    bool more;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(page->req);
        return false;
    }
    more = hub_index_place_move(&page->at, after, page->last_shard);
    if (more && hub_index_page_room(page) > 0 && ++page->calls < CALLS_MAX)
        return true;
    respond(page, more);
    return false;
}
