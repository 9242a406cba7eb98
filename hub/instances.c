/* instances.c - see instances.h.
 *
 *   token -> check -> records and heartbeats -> a page of them -> 200
 *                                          '--> counts ---------> 200
 *
 * A place in the list is the name that the next page begins with, so `from` may
 * be any text: the page has the names from there on. */
#include "hub/instances.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/instance_list.h"
#include "hub/errors.h"
#include "hub/filter.h"
#include "hub/hub.h"
#include "hub/instance_record.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

struct flow {
    struct wsub_http_request *req;
    uint32_t timeout_ms; /* of heartbeats */
    size_t limit;
    char *from;                /* owned; NULL: the first page */
    struct hub_filter *filter; /* owned; of a list */
};

static struct flow *flow_new(struct hub *hub, struct wsub_http_request *req)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->req = req;
    flow->timeout_ms = hub->config->heartbeat_timeout_ms;
    return flow;
}

static void finish(struct flow *flow, json_t *root)
{
    if (root != NULL)
        hub_json_respond(flow->req, root);
    else
        hub_refuse_unavailable(flow->req);
    free(flow->from);
    hub_filter_free(flow->filter);
    free(flow);
}

static bool is_in_page(const struct flow *flow,
                       const struct wsub_instance_row *row)
{
    return flow->from == NULL || strcmp(row->name, flow->from) >= 0;
}

/* Adds a row that is wanted, or `next` when the page is full; then returns
 * false. */
static bool add_row(const struct flow *flow,
                    const struct wsub_instance_row *row, json_t *root)
{
    json_t *list = json_object_get(root, "instances");
    json_t *name = json_string(row->name), *json;
    bool has_room = json_array_size(list) < flow->limit;

    if (name == NULL) /* no UTF-8, so no program's */
        return true;
    json = hub_instance_json(row, flow->timeout_ms);
    if (hub_filter_wants(flow->filter, json)) {
        if (has_room)
            json_array_append(list, json);
        else
            json_object_set(root, "next", name);
    } else {
        has_room = true;
    }
    json_decref(json);
    json_decref(name);
    return has_room;
}

static void on_page(enum wsub_err err, const struct wsub_instance_row *rows,
                    size_t count, void *arg)
{
    struct flow *flow = arg;
    json_t *root = err == WSUB_OK ? json_pack("{s:[]}", "instances") : NULL;

    for (size_t i = 0; i < count; i++)
        if (is_in_page(flow, &rows[i]) && !add_row(flow, &rows[i], root))
            break;
    finish(flow, root);
}

static const struct hub_filter_row filters[] = {
    {"role", "role", HUB_FILTER_SAME, {"hub", "spreader", "deliver", NULL}},
    {"health",
     "health",
     HUB_FILTER_SAME,
     {"healthy", "degraded", "failed", "unreachable", "error", NULL}},
    {"site", "site", HUB_FILTER_SAME, {NULL}},
    {0},
};

void hub_instances(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    const char *from = NULL;
    struct hub_filter *filter = NULL;
    size_t limit = 0;
    struct flow *flow;

    if (hub_params_query(req, &errors, &query)) {
        if (hub_param_optional(&query, "from", HUB_FAULT_REQUEST, &errors,
                               &from) &&
            from != NULL && from[0] == '\0')
            hub_operator_add_stray(&errors, "from");
        hub_operator_limit(&query, &errors, &limit);
        filter = hub_filter_new(&query, filters, &errors);
    }
    if (hub_errors_respond(&errors, req)) {
        hub_filter_free(filter);
    } else {
        flow = flow_new(hub, req);
        flow->limit = limit;
        flow->filter = filter;
        flow->from = wsub_strdup(from);
        wsub_instance_list(hub->store, on_page, flow);
    }
    wsub_form_done(&query);
}

static void on_health(enum wsub_err err, const struct wsub_instance_row *rows,
                      size_t count, void *arg)
{
    struct flow *flow = arg;

    finish(flow, err == WSUB_OK
                     ? hub_instance_counts(rows, count, flow->timeout_ms)
                     : NULL);
}

void hub_instances_health(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_instance_list(hub->store, on_health, flow_new(hub, req));
}
