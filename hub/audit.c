/* audit.c - see audit.h.
 *
 *   response -> is it a change? -> whose token -> what it names -> log, Redis
 */
#include "hub/audit.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/form.h"
#include "common/http/request.h"
#include "common/store/audit.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/media.h"
#include "hub/operator.h"
#include "hub/params.h"
#include "hub/tokens.h"

/* A body beyond it is a list of many things, of which the path tells enough. */
#define BODY_MAX_BYTES 65536
#define VALUE_MAX_BYTES 512 /* kept of a value */
#define REFUSAL_MS 10000    /* between two that are stored */

/* What a request may be about, in forms and in objects of JSON. */
static const char *const names[] = {
    "hub.topic", "hub.callback", "hub.reason", "topic",   "callback",
    "reason",    "tell",         "id",         "all",     "from",
    "to",        "host",         "action",     "target",  "enabled",
    "repair",    "shards",       "prefix",     "version", "lease_seconds",
    "secrets",
};

static bool is_change(const struct wsub_http_request *req)
{
    static const char admin[] = "/admin/";
    const char *method = wsub_http_method(req);

    return strncmp(wsub_http_path(req), admin, sizeof(admin) - 1) == 0 &&
           strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
           strcmp(method, "OPTIONS") != 0;
}

static bool shows_secrets(const struct wsub_http_request *req)
{
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    const char *value;
    bool shows = false;

    if (strcmp(wsub_http_path(req), "/admin/export") != 0)
        return false;
    if (hub_params_query(req, &errors, &query))
        shows = wsub_form_find(&query, "secrets", &value) > 0 &&
                strcmp(value, "true") == 0;
    hub_errors_done(&errors);
    wsub_form_done(&query);
    return shows;
}

/* The body of a push is the publisher's content, and that of an export is none. */
static bool is_told_by_query(const struct wsub_http_request *req)
{
    return strcmp(wsub_http_path(req), "/admin/publish") == 0 ||
           strcmp(wsub_http_path(req), "/admin/export") == 0;
}

static bool find_name(const struct hub *hub,
                      const struct wsub_http_request *req,
                      char name[HUB_TOKEN_NAME_MAX_BYTES + 1])
{
    const char *header = wsub_http_header(req, "Authorization");

    return hub_tokens_name(hub->tokens, HUB_TOKEN_ADMIN, header, name) ||
           hub_tokens_name(hub->tokens, HUB_TOKEN_ADMIN_READ, header, name);
}

static void add_text(json_t *detail, const char *name, const char *value)
{
    json_t *text = json_stringn(value, strnlen(value, VALUE_MAX_BYTES));

    /* NULL where it was cut within a character */
    json_object_set_new(detail, name, text != NULL ? text : json_string(""));
}

static void add_json(json_t *detail, const json_t *body)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(body, names[i]);

        if (json_is_string(value))
            add_text(detail, names[i], json_string_value(value));
        else if (json_is_object(value))
            add_json(detail, value);
        else if (value != NULL && !json_is_array(value))
            json_object_set(detail, names[i], value);
    }
}

static void add_form(json_t *detail, const struct wsub_http_request *req,
                     hub_params_read *read)
{
    struct hub_errors errors = {0};
    struct wsub_form form = {0};
    const char *value;

    if (read(req, &errors, &form))
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (wsub_form_find(&form, names[i], &value) > 0)
                add_text(detail, names[i], value);
    hub_errors_done(&errors);
    wsub_form_done(&form);
}

/* A body of another type is a list of many things. */
static void add_body(json_t *detail, const struct wsub_http_request *req)
{
    size_t len;
    const char *bytes = wsub_http_body(req, &len);
    json_t *body;

    if (len > BODY_MAX_BYTES)
        return;
    if (hub_is_media(req, HUB_MEDIA_FORM)) {
        add_form(detail, req, hub_params_form);
    } else if (hub_is_json(req)) {
        body = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
        add_json(detail, body);
        json_decref(body);
    }
}

/* What the request names, as text of JSON; the caller frees it. */
static char *detail_of(const struct wsub_http_request *req)
{
    json_t *detail = json_object();
    char *text;

    if (is_told_by_query(req))
        add_form(detail, req, hub_params_query);
    else
        add_body(detail, req);
    text = json_dumps(detail, JSON_COMPACT);
    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    json_decref(detail);
    return text;
}

/* Whether it is to be stored: see audit.h. */
static bool takes_part(struct hub *hub, int status)
{
    uint64_t now_ms = wsub_now_ms();

    if (status != 403)
        return true;
    if (hub->refusal_noted_ms > 0 &&
        now_ms - hub->refusal_noted_ms < REFUSAL_MS)
        return false;
    hub->refusal_noted_ms = now_ms;
    return true;
}

void hub_audit(struct hub *hub, const struct wsub_http_request *req, int status)
{
    char name[HUB_TOKEN_NAME_MAX_BYTES + 1];
    char *detail;

    if ((!is_change(req) && !shows_secrets(req)) || !find_name(hub, req, name))
        return;
    detail = detail_of(req);
    wsub_log_info("audit", WSUB_KV("token", name),
                  WSUB_KV("method", wsub_http_method(req)),
                  WSUB_KV("path", wsub_http_path(req)),
                  WSUB_KV("detail", detail), WSUB_KU("status", status));
    if (takes_part(hub, status))
        wsub_audit_add(hub->store, &(struct wsub_audit_entry){
                                       .token = name,
                                       .instance = hub->config->instance_name,
                                       .method = wsub_http_method(req),
                                       .path = wsub_http_path(req),
                                       .detail = detail,
                                       .status = status,
                                   });
    free(detail);
}

struct flow {
    struct wsub_http_request *req;
    size_t limit;
    struct hub_filter *filter; /* owned */
};

static json_t *entry_json(const struct wsub_audit_entry *entry)
{
    json_t *detail = json_loads(entry->detail, 0, NULL);

    return json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:i}", "id", entry->id, "at_ms",
        (json_int_t)wsub_place_of(0, entry->id).ms, "token",
        hub_json_text(entry->token), "instance", hub_json_text(entry->instance),
        "method", hub_json_text(entry->method), "path",
        hub_json_text(entry->path), "detail",
        detail != NULL ? detail : json_object(), "status", entry->status);
}

/* One more than the page holds tells whether there are more. */
static void on_list(enum wsub_err err, const struct wsub_audit_entry *list,
                    size_t count, void *arg)
{
    struct flow *flow = arg;
    size_t shown = count < flow->limit ? count : flow->limit;
    json_t *rows = json_array(), *root = json_pack("{s:o}", "audit", rows);

    for (size_t i = 0; i < shown; i++)
        json_array_append_new(rows, entry_json(&list[i]));
    hub_filter_apply(flow->filter, rows);
    if (count > shown)
        json_object_set_new(root, "next", json_string(list[shown - 1].id));
    if (err == WSUB_OK) {
        hub_json_respond(flow->req, root);
    } else {
        json_decref(root);
        hub_refuse_unavailable(flow->req);
    }
    hub_filter_free(flow->filter);
    free(flow);
}

static const struct hub_filter_row filters[] = {
    {"token", "token", HUB_FILTER_SAME, {NULL}},
    {"instance", "instance", HUB_FILTER_SAME, {NULL}},
    {"method",
     "method",
     HUB_FILTER_SAME,
     {"GET", "POST", "PUT", "DELETE", NULL}},
    {"path", "path", HUB_FILTER_BEGINS, {NULL}},
    {"status", "status", HUB_FILTER_NUMBER, {NULL}},
    {0},
};

void hub_audit_list(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct hub_filter *filter = NULL;
    struct wsub_place from;
    bool continued = false;
    size_t limit = 0;

    if (hub_params_query(req, &errors, &query)) {
        hub_operator_stream_id(&query, "from", &errors, &continued, &from);
        hub_operator_limit(&query, &errors, &limit);
        filter = hub_filter_new(&query, filters, &errors);
    }
    if (hub_errors_respond(&errors, req)) {
        hub_filter_free(filter);
    } else {
        struct flow *flow = wsub_calloc(1, sizeof(*flow));

        *flow = (struct flow){req, limit, filter};
        wsub_audit_list(hub->store, continued ? &from : NULL, limit + 1,
                        on_list, flow);
    }
    wsub_form_done(&query);
}
