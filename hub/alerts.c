/* alerts.c - see alerts.h.
 *
 *   token -> check -> alerts of now -> notices -> 200
 *                               '----------'----> 503
 *
 * `from`, and `next`, is the id of the last notice of the page before. */
#include "hub/alerts.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/alerts.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    bool continued;
    struct wsub_place from;
    size_t limit;
    struct hub_filter *filter; /* owned */
    json_t *active;            /* owned */
};

static void finish(struct flow *flow, json_t *root)
{
    if (root != NULL)
        hub_json_respond(flow->req, root);
    else
        hub_refuse_unavailable(flow->req);
    hub_filter_free(flow->filter);
    json_decref(flow->active);
    free(flow);
}

static json_t *alert_json(const struct wsub_notice *notice)
{
    return json_pack(
        "{s:o, s:o, s:o, s:I}", "kind", hub_json_text(notice->kind), "subject",
        hub_json_text(notice->subject), "detail", hub_json_text(notice->detail),
        "since_ms", (json_int_t)notice->since_ms);
}

static json_t *notice_json(const struct wsub_notice *notice)
{
    json_t *row = alert_json(notice);

    json_object_set_new(row, "id", json_string(notice->id));
    json_object_set_new(
        row, "at_ms",
        json_integer((json_int_t)wsub_place_of(0, notice->id).ms));
    json_object_set_new(row, "state", hub_json_text(notice->state));
    return row;
}

/* One more than the page holds tells whether there are more. */
static void on_notices(enum wsub_err err, const struct wsub_notice *notices,
                       size_t count, void *arg)
{
    struct flow *flow = arg;
    size_t shown = count < flow->limit ? count : flow->limit;
    json_t *rows, *root;

    if (err != WSUB_OK) {
        finish(flow, NULL);
        return;
    }
    rows = json_array();
    root = json_pack("{s:O, s:o}", "active", flow->active, "notices", rows);
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(rows, notice_json(&notices[i]));
    hub_filter_apply(flow->filter, rows);
    if (count > shown)
        json_object_set_new(root, "next", json_string(notices[shown - 1].id));
    finish(flow, root);
}

static void on_active(enum wsub_err err, const struct wsub_notice *alerts,
                      size_t count, void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        finish(flow, NULL);
        return;
    }
    flow->active = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(flow->active, alert_json(&alerts[i]));
    hub_filter_apply(flow->filter, flow->active);
    wsub_notices_list(flow->hub->store, flow->continued ? &flow->from : NULL,
                      flow->limit + 1, on_notices, flow);
}

static const struct hub_filter_row filters[] = {
    {"kind", "kind", HUB_FILTER_SAME, {NULL}},
    {"subject", "subject", HUB_FILTER_SAME, {NULL}},
    {0},
};

void hub_alerts(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct flow found = {.hub = hub, .req = req};

    if (hub_params_query(req, &errors, &query)) {
        hub_operator_stream_id(&query, "from", &errors, &found.continued,
                               &found.from);
        hub_operator_limit(&query, &errors, &found.limit);
        found.filter = hub_filter_new(&query, filters, &errors);
    }
    if (hub_errors_respond(&errors, req)) {
        hub_filter_free(found.filter);
    } else {
        struct flow *flow = wsub_calloc(1, sizeof(*flow));

        *flow = found;
        wsub_alerts_active(hub->store, on_active, flow);
    }
    wsub_form_done(&query);
}
