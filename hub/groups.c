/* groups.c - see groups.h.
 *
 *   PUT: check -> registry -> own Redis, where that is another one -> applied here
 *          |'-> 400   |'-> 404, 409, 410        (else the coordinator) -> 200
 *          '--> 503   '--> 503   the registry is away: read-only
 *   DELETE: the same
 *   GET: own Redis -> applied here, where it wasn't -> 200, or 404, 410
 *
 * A version that the registry has given out is there: whatever fails afterwards
 * the response is 200, and the coordinator brings it to the own Redis. */
#include "hub/groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/groups/body.h"
#include "common/groups/groups.h"
#include "common/groups/prefix.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/store/groups.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/filter.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/media.h"
#include "hub/operator.h"
#include "hub/params.h"

#define ID_SEGMENT 2 /* of /admin/groups/ID */
#define MATCH_BYTES 24

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    char id[WSUB_GROUP_ID_BYTES];
    char *record; /* owned; of the version that the registry gave out */
};

bool hub_groups_may_put(struct wsub_http_request *req, void *hub)
{
    return hub_access_admin(req, hub) && hub_check_json(req);
}

static void finish(struct flow *flow)
{
    free(flow->record);
    free(flow);
}

static void refuse_unavailable(struct wsub_http_request *req)
{
    wsub_http_respond_header(req, "Retry-After", HUB_RETRY_AFTER_S);
    hub_refuse(req, HUB_FAULT_UNAVAILABLE, NULL,
               "The registry of record can't be reached: configuration is "
               "read-only until it can.");
}

/* Without what only the record in Redis has. */
static json_t *group_json(const char *record)
{
    json_t *root = json_loads(record, 0, NULL);

    if (root != NULL)
        json_object_del(root, "v");
    return root;
}

/* 200 with the group and its version; takes `root`. */
static void respond_group(struct wsub_http_request *req, json_t *root)
{
    char etag[32];

    snprintf(etag, sizeof(etag), "\"%" JSON_INTEGER_FORMAT "\"",
             json_integer_value(json_object_get(root, "version")));
    wsub_http_respond_header(req, "ETag", etag);
    hub_json_respond(req, root);
}

/* If-Match: a version in quotes, or `*`, or none (""). */
static bool take_match(const struct wsub_http_request *req,
                       struct hub_errors *errors, char ret_match[MATCH_BYTES])
{
    const char *text = wsub_http_header(req, "If-Match");
    size_t digits =
        text != NULL && text[0] == '"' ? strspn(text + 1, "0123456789") : 0;

    ret_match[0] = '\0';
    if (text == NULL)
        return true;
    if (strcmp(text, WSUB_MATCH_ANY) == 0) {
        snprintf(ret_match, MATCH_BYTES, "%s", text);
        return true;
    }
    if (digits > 0 && digits < MATCH_BYTES &&
        strcmp(text + 1 + digits, "\"") == 0) {
        snprintf(ret_match, MATCH_BYTES, "%.*s", (int)digits, text + 1);
        return true;
    }
    hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                   "If-Match must be a version in quotes, as \"3\", or *.");
    return false;
}

static bool take_id(const struct wsub_http_request *req, char *ret_id)
{
    return wsub_http_route_segment(req, ID_SEGMENT, ret_id,
                                   WSUB_GROUP_ID_BYTES) &&
           wsub_group_is_id(ret_id);
}

static struct flow *flow_new(struct hub *hub, struct wsub_http_request *req,
                             const char *id)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    snprintf(flow->id, sizeof(flow->id), "%s", id);
    return flow;
}

static void refuse_missing(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL, "There is no such group.");
}

static void refuse_gone(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_GONE, NULL,
               "The group was deleted; its id is not given out again.");
}

static void refuse_change(const struct wsub_group_changed *changed,
                          struct wsub_http_request *req)
{
    switch (changed->outcome) {
    case WSUB_GROUP_STALE:
        hub_refuse(req, HUB_FAULT_CONFLICT, NULL,
                   "The group has version %.20s; If-Match must name it, or "
                   "be *.",
                   changed->what);
        break;
    case WSUB_GROUP_GONE:
        refuse_gone(req);
        break;
    case WSUB_GROUP_PREFIX:
        hub_refuse(req, HUB_FAULT_CONFLICT, "prefix",
                   "The prefix of a group does not change; make another "
                   "group.");
        break;
    case WSUB_GROUP_TAKEN:
        hub_refuse(req, HUB_FAULT_CONFLICT, "prefix",
                   "The group %.100s has this prefix.", changed->what);
        break;
    case WSUB_GROUP_COVERED:
        hub_refuse(req, HUB_FAULT_GONE, "prefix",
                   "The prefix is that of the group %.100s, which was "
                   "deleted, or below it.",
                   changed->what);
        break;
    case WSUB_GROUP_FULL:
        hub_refuse(req, HUB_FAULT_CONFLICT, NULL,
                   "There are as many groups as may be (max_groups).");
        break;
    default:
        refuse_missing(req);
        break;
    }
}

/* In the own Redis, or there in a while. */
static void on_taken_over(enum wsub_err err, size_t applied, size_t stale,
                          void *arg)
{
    struct flow *flow = arg;

    (void)applied;
    if (err != WSUB_OK)
        wsub_log_warn("group-not-taken-over", WSUB_KV("group", flow->id),
                      WSUB_KE("meaning", "the coordinator does it when Redis "
                                         "is there"));
    else if (stale > 0)
        wsub_log_info("ignored-stale", WSUB_KV("group", flow->id));
    wsub_groups_take(flow->hub->groups, flow->id, flow->record,
                     WSUB_GROUPS_EVENT);
    respond_group(flow->req, group_json(flow->record));
    finish(flow);
}

static void on_given_out(const struct wsub_group_changed *changed, void *arg)
{
    struct flow *flow = arg;
    const char *record;

    if (changed->err != WSUB_OK) {
        refuse_unavailable(flow->req);
        finish(flow);
        return;
    }
    if (changed->outcome != WSUB_GROUP_DONE) {
        refuse_change(changed, flow->req);
        finish(flow);
        return;
    }
    record = flow->record = wsub_strdup(changed->record);
    if (flow->hub->registry == flow->hub->store)
        on_taken_over(WSUB_OK, 1, 0, flow);
    else
        wsub_groups_take_over(flow->hub->store, &record, 1, on_taken_over,
                              flow);
}

static void on_wrong(const char *field, const char *what, void *arg)
{
    size_t len = strspn(field, "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    bool is_plain = len > 0 && len <= 64 && field[len] == '\0';

    hub_errors_add(arg, HUB_FAULT_REQUEST, field, "%s %s.",
                   is_plain ? field : "A member of the body", what);
}

static json_t *parse_body(const struct wsub_http_request *req,
                          struct hub_errors *errors)
{
    size_t len = 0;
    const char *text = wsub_http_body(req, &len);
    json_error_t error;
    json_t *body =
        json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);

    if (json_is_object(body))
        return body;
    if (body == NULL)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The body is not JSON: line %d, column %d.", error.line,
                       error.column);
    else
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The body is not a JSON object.");
    json_decref(body);
    return NULL;
}

/* What a PUT brings, checked. */
struct put {
    char id[WSUB_GROUP_ID_BYTES];
    char match[MATCH_BYTES];
    struct wsub_buf prefix, members; /* owned */
};

static void start_put(struct hub *hub, struct wsub_http_request *req,
                      const struct put *put)
{
    char *above[WSUB_GROUP_PREFIX_MAX_BYTES];
    size_t count = 0, len = put->prefix.len;

    while (wsub_group_prefix_up(put->prefix.data, &len))
        above[count++] = wsub_memdup(put->prefix.data, len);
    wsub_group_put(hub->registry,
                   &(struct wsub_group_put){
                       .id = put->id,
                       .match = put->match,
                       .known = wsub_groups_version(hub->groups, put->id),
                       .prefix = put->prefix.data,
                       .members = put->members.data,
                       .above = (const char *const *)above,
                       .above_count = count,
                   },
                   on_given_out, flow_new(hub, req, put->id));
    while (count > 0)
        free(above[--count]);
}

/* Before all was read nobody knows which versions there were. */
static bool is_ready(const struct hub *hub, struct wsub_http_request *req)
{
    if (wsub_groups_ready(hub->groups))
        return true;
    hub_refuse_unavailable(req);
    return false;
}

void hub_group_put(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct put put = {0};
    json_t *body = NULL;

    if (!is_ready(hub, req))
        return;
    take_match(req, &errors, put.match);
    if (!take_id(req, put.id))
        hub_errors_add(&errors, HUB_FAULT_REQUEST, "id",
                       "The id in the path must be 1 to 128 letters, digits, "
                       "'.', '_' and '-'.");
    else
        body = parse_body(req, &errors);
    if (body != NULL)
        wsub_group_body(body, put.id, hub->config, on_wrong, &errors,
                        &put.prefix, &put.members);
    if (!hub_errors_respond(&errors, req))
        start_put(hub, req, &put);
    json_decref(body);
    wsub_buf_done(&put.prefix);
    wsub_buf_done(&put.members);
}

void hub_group_delete(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    char match[MATCH_BYTES], id[WSUB_GROUP_ID_BYTES];

    if (!is_ready(hub, req))
        return;
    if (!take_id(req, id)) {
        refuse_missing(req);
        return;
    }
    take_match(req, &errors, match);
    if (!hub_errors_respond(&errors, req))
        wsub_group_delete(hub->registry, id, match,
                          wsub_groups_version(hub->groups, id), on_given_out,
                          flow_new(hub, req, id));
}

static void on_read(enum wsub_err err, const char *record, void *arg)
{
    struct flow *flow = arg;
    json_t *root = record != NULL ? group_json(record) : NULL;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(flow->req);
    } else if (root == NULL) {
        refuse_missing(flow->req);
    } else {
        uint64_t version =
            (uint64_t)json_integer_value(json_object_get(root, "version"));

        if (version > wsub_groups_version(flow->hub->groups, flow->id))
            wsub_groups_take(flow->hub->groups, flow->id, record,
                             WSUB_GROUPS_MISS);
        if (json_is_true(json_object_get(root, "deleted")))
            refuse_gone(flow->req);
        else
            respond_group(flow->req, json_incref(root));
    }
    json_decref(root);
    finish(flow);
}

void hub_group_get(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    char id[WSUB_GROUP_ID_BYTES];

    if (take_id(req, id))
        wsub_group_read(hub->store, id, on_read, flow_new(hub, req, id));
    else
        refuse_missing(req);
}

/* The list: in the order of the last changes; its places are revisions. */

struct listing {
    struct wsub_http_request *req;
    struct hub_filter *filter; /* owned */
};

static void respond_page(const struct listing *listing,
                         const struct wsub_group_changes *page)
{
    json_t *list = json_array(), *root = json_pack("{s:o}", "groups", list);
    char next[24];

    for (size_t i = 0; i < page->count; i++) {
        json_t *row = group_json(page->list[i].record);

        if (row != NULL)
            json_array_append_new(list, row);
    }
    hub_filter_apply(listing->filter, list);
    snprintf(next, sizeof(next), "%" PRIu64, page->place.revision);
    if (page->more)
        json_object_set_new(root, "next", json_string(next));
    hub_json_respond(listing->req, root);
}

static void on_page(const struct wsub_group_changes *page, void *arg)
{
    struct listing *listing = arg;

    if (page->err == WSUB_OK)
        respond_page(listing, page);
    else
        hub_refuse_unavailable(listing->req);
    hub_filter_free(listing->filter);
    free(listing);
}

static void take_from(const struct wsub_form *query, struct hub_errors *errors,
                      uint64_t *ret_revision)
{
    const char *text = NULL;

    *ret_revision = 0;
    if (!hub_param_optional(query, "from", HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL)
        return;
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) ||
        strlen(text) > 15)
        hub_operator_add_stray(errors, "from");
    else
        *ret_revision = strtoull(text, NULL, 10);
}

static const struct hub_filter_row filters[] = {
    {"prefix", "prefix", HUB_FILTER_BEGINS, {NULL}},
    {"deleted", "deleted", HUB_FILTER_SWITCH, {"true", "false", NULL}},
    {0},
};

void hub_groups(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct listing *listing = wsub_calloc(1, sizeof(*listing));
    struct hub_errors errors = {0};
    struct wsub_group_place from = {.born = WSUB_MATCH_ANY};
    struct wsub_form query = {0};
    size_t limit = 0;

    listing->req = req;
    if (hub_params_query(req, &errors, &query)) {
        take_from(&query, &errors, &from.revision);
        hub_operator_limit(&query, &errors, &limit);
        listing->filter = hub_filter_new(&query, filters, &errors);
    }
    if (hub_errors_respond(&errors, req)) {
        hub_filter_free(listing->filter);
        free(listing);
    } else {
        wsub_group_changes(hub->store, &from, limit, on_page, listing);
    }
    wsub_form_done(&query);
}
