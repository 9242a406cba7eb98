#include "hub/pull/listing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/form.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/json.h"
#include "hub/params.h"
#include "hub/pull/admission.h"
#include "hub/pull/body.h"
#include "hub/pull/refusal.h"
#include "hub/pull/shared.h"

#define LIMIT_MAX 1000 /* ids of a page, and where none is given */

struct flow {
    struct wsub_http_request *req;
    uint32_t limit;
};

static void add_escaped(struct wsub_buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

    for (; *text != '\0'; text++)
        if (strchr(plain, *text) != NULL)
            wsub_buf_char(out, *text);
        else
            wsub_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

static void link_to_next(const struct flow *flow, const char *last)
{
    struct wsub_buf link = {0};

    wsub_buf_printf(&link, "<%s?limit=%u&cursor=", wsub_http_path(flow->req),
                    flow->limit);
    add_escaped(&link, last);
    wsub_buf_str(&link, ">; rel=\"next\"");
    wsub_http_respond_header(flow->req, "Link", link.data);
    wsub_buf_done(&link);
}

static void on_list(enum wsub_err err, const char *const *ids, size_t count,
                    bool more, void *arg)
{
    struct flow *flow = arg;
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:o}", "id", hub_json_text(ids[i])));
    if (err != WSUB_OK) {
        json_decref(list);
        hub_pull_refuse_unavailable(flow->req);
    } else {
        if (more && count > 0)
            link_to_next(flow, ids[count - 1]);
        hub_json_respond(flow->req, list);
    }
    free(flow);
}

/* A field of the query, for the body's check. */
static void take_from_query(const struct wsub_form *query, const char *name,
                            bool is_number, json_t *params)
{
    const char *text = NULL;
    char *end;
    double number;

    wsub_form_find(query, name, &text);
    if (text == NULL)
        return;
    number = strtod(text, &end);
    json_object_set_new(params, name,
                        is_number && *end == '\0' && end != text
                            ? json_real(number)
                            : hub_json_text(text));
}

/* `limit` and `cursor` of the query, which those of the body take the place
 * of; NULL: responded. */
static json_t *find_params(struct wsub_http_request *req, const json_t *body)
{
    static const char *const names[] = {"limit", "cursor"};
    struct hub_errors errors = {0};
    struct wsub_form query;
    json_t *params;

    if (!hub_params_query(req, &errors, &query)) {
        hub_pull_refuse(req, 400, "%s", errors.list[0].detail);
        hub_errors_done(&errors);
        return NULL;
    }
    params = json_object();
    for (int i = 0; i < 2; i++) {
        json_t *field = json_object_get(body, names[i]);

        if (field != NULL && !json_is_null(field))
            json_object_set(params, names[i], field);
        else
            take_from_query(&query, names[i], i == 0, params);
    }
    wsub_form_done(&query);
    return params;
}

static void list(struct hub *hub, struct wsub_http_request *req,
                 const json_t *params)
{
    struct wsub_pull_store *store = hub->pull->subscriptions;
    const json_t *cursor = json_object_get(params, "cursor");
    struct flow *flow;
    uint32_t limit = LIMIT_MAX;

    if (!hub_pull_body_number(req, params, "limit", LIMIT_MAX, &limit))
        return;
    if (cursor != NULL && !hub_pull_is_id(cursor)) {
        hub_pull_refuse(req, 400, "invalid cursor: it must be an id");
        return;
    }
    flow = wsub_calloc(1, sizeof(*flow));
    flow->req = req;
    flow->limit = limit;
    store->ops->list(store, cursor != NULL ? json_string_value(cursor) : "",
                     limit, on_list, flow);
}

void hub_pull_list(struct hub *hub, struct wsub_http_request *req,
                   const json_t *body)
{
    json_t *params = find_params(req, body);

    if (params == NULL)
        return;
    /* It tells of everybody's subscriptions. */
    if (!hub_access_has(hub, req, HUB_TOKEN_SUBSCRIBE))
        hub_pull_refuse_token(req);
    else
        list(hub, req, params);
    json_decref(params);
}
