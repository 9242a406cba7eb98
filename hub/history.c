/* history.c - see history.h.
 *
 *   hub_history -> look -> on_page -> look ... -> 200
 *                             '--> 503
 *
 * A day is read a page at a time, so that Redis serves others in between. */
#include "hub/history.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/form.h"
#include "common/store/sums.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"

static const struct range {
    const char *name;
    unsigned length_s;
    size_t count;
} ranges[] = {
    {"5m", 5, 60},
    {"1h", 60, 60},
    {"1d", 60, 1440},
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    const struct range *range; /* const */
    size_t looked;             /* at so many */
    json_t *rows;              /* owned; the newest first */
};

static json_t *delay_json(const struct wsub_sums *sums, double share)
{
    double us =
        wsub_buckets_quantile_us(&wsub_buckets_wait, sums->delays, share);

    return us > 0 ? json_integer((json_int_t)(us / 1000 + 0.5)) : json_null();
}

static json_t *row_json(const struct flow *flow,
                        const struct wsub_sums_row *row)
{
    const uint64_t *counts = row->sums.counts;

    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:I}", "at_ms",
        (json_int_t)(row->number * flow->range->length_s * 1000), "accepted",
        (json_int_t)counts[WSUB_SUM_ACCEPTED], "fanned_out",
        (json_int_t)counts[WSUB_SUM_BEGUN], "delivered",
        (json_int_t)counts[WSUB_SUM_DELIVERED], "retried",
        (json_int_t)counts[WSUB_SUM_RETRIED], "dead",
        (json_int_t)counts[WSUB_SUM_DEAD], "ended",
        (json_int_t)counts[WSUB_SUM_ENDED], "p50_ms",
        delay_json(&row->sums, 0.5), "p99_ms", delay_json(&row->sums, 0.99),
        "waiting", (json_int_t)row->waiting.entries, "oldest_ms",
        (json_int_t)row->waiting.oldest_ms);
}

static void flow_end(struct flow *flow, uint64_t newest)
{
    uint64_t length_ms = flow->range->length_s * UINT64_C(1000);

    hub_json_respond(flow->req, json_pack("{s:I, s:I, s:O}", "step_ms",
                                          (json_int_t)length_ms, "newest_ms",
                                          (json_int_t)(newest * length_ms),
                                          "sums", flow->rows));
}

static void flow_free(struct flow *flow)
{
    json_decref(flow->rows);
    free(flow);
}

static void look(struct flow *flow, uint64_t newest);

static void on_page(enum wsub_err err, uint64_t newest,
                    const struct wsub_sums_row *rows, size_t count, void *arg)
{
    struct flow *flow = arg;
    size_t left = flow->range->count - flow->looked;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(flow->req);
        flow_free(flow);
        return;
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(flow->rows, row_json(flow, &rows[i]));
    if (left > WSUB_SUMS_PAGE) {
        flow->looked += WSUB_SUMS_PAGE;
        look(flow, newest - WSUB_SUMS_PAGE);
        return;
    }
    flow_end(flow, newest + flow->looked);
    flow_free(flow);
}

/* From the number `newest` on; 0: from that of now. */
static void look(struct flow *flow, uint64_t newest)
{
    wsub_sums_list(flow->hub->store, flow->range->length_s, newest,
                   flow->range->count - flow->looked, on_page, flow);
}

/* Takes the optional `range`: the first one without it. */
static const struct range *take_range(const struct wsub_form *query,
                                      struct hub_errors *errors)
{
    const char *text = NULL;

    if (!hub_param_optional(query, "range", HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL)
        return &ranges[0];
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (strcmp(text, ranges[i].name) == 0)
            return &ranges[i];
    hub_errors_add(errors, HUB_FAULT_REQUEST, "range",
                   "range must be 5m, 1h or 1d.");
    return &ranges[0];
}

void hub_history(struct wsub_http_request *req, void *arg)
{
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    const struct range *range = &ranges[0];

    if (hub_params_query(req, &errors, &query))
        range = take_range(&query, &errors);
    if (!hub_errors_respond(&errors, req)) {
        struct flow *flow = wsub_calloc(1, sizeof(*flow));

        *flow = (struct flow){
            .hub = arg, .req = req, .range = range, .rows = json_array()};
        look(flow, 0);
    }
    wsub_form_done(&query);
}
