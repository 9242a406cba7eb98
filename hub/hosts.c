/* hosts.c - see hosts.h.
 *
 *   token -> check -> processes -> their reports -> orders -> a page -> 200
 *                                                               '-----> 503
 *
 * A place in the list is the host that the next page begins with. */
#include "hub/hosts.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/store/host_orders.h"
#include "common/store/instance_list.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

#define PROCESSES_MAX 1000 /* whose reports are read */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    size_t limit;
    char *from, *host, *breaker; /* owned; NULL: not asked for */
    char **names, **roles;       /* owned; of the processes */
    size_t count;
    json_t *hosts; /* owned; by name: an object of the response */
};

static void finish(struct flow *flow, json_t *root)
{
    if (root != NULL)
        hub_json_respond(flow->req, root);
    else
        hub_refuse_unavailable(flow->req);
    for (size_t i = 0; i < flow->count; i++) {
        free(flow->names[i]);
        free(flow->roles[i]);
    }
    free(flow->names);
    free(flow->roles);
    free(flow->from);
    free(flow->host);
    free(flow->breaker);
    json_decref(flow->hosts);
    free(flow);
}

/* The page. */

/* By the name of the host without scheme and port, or by all of it. */
static bool is_named(const char *host, const char *wanted)
{
    const char *name = strstr(host, "://") + 3;
    size_t len = strlen(wanted);

    return strcmp(host, wanted) == 0 ||
           (strncmp(name, wanted, len) == 0 && name[len] == ':' &&
            strchr(name + len + 1, ':') == NULL);
}

static bool has_breaker(const json_t *row, const char *wanted)
{
    const json_t *process;
    size_t i;

    json_array_foreach(
        json_object_get(row, "processes"), i,
        process) if (strcmp(json_string_value(json_object_get(process,
                                                              "breaker")),
                            wanted) == 0) return true;
    return false;
}

static bool is_wanted(const struct flow *flow, const char *host,
                      const json_t *row)
{
    return (flow->from == NULL || strcmp(host, flow->from) >= 0) &&
           (flow->host == NULL || is_named(host, flow->host)) &&
           (flow->breaker == NULL || has_breaker(row, flow->breaker));
}

static int by_name(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;

    return strcmp(*one, *other);
}

static json_t *page_of(const struct flow *flow)
{
    size_t size = json_object_size(flow->hosts), count = 0;
    const char **names = wsub_calloc(size + 1, sizeof(char *));
    json_t *row, *list = json_array(),
                 *root = json_pack("{s:o}", "hosts", list);
    const char *name;

    json_object_foreach(flow->hosts, name, row) if (is_wanted(flow, name, row))
        names[count++] = name;
    qsort(names, count, sizeof(*names), by_name);
    for (size_t i = 0; i < count && i < flow->limit; i++)
        json_array_append(list, json_object_get(flow->hosts, names[i]));
    if (count > flow->limit)
        json_object_set_new(root, "next", json_string(names[flow->limit]));
    free(names);
    return root;
}

/* What is known. */

static json_t *host_row(struct flow *flow, const char *host)
{
    json_t *row = json_object_get(flow->hosts, host);

    if (row == NULL) {
        row = json_pack("{s:s, s:n, s:[]}", "host", host, "order", "processes");
        json_object_set_new(flow->hosts, host, row);
    }
    return row;
}

static void add_order(struct flow *flow,
                      const struct wsub_host_order_row *order)
{
    if (order->until_ms <= wsub_store_time_ms(flow->hub->store))
        return;
    json_object_set_new(host_row(flow, order->host), "order",
                        json_pack("{s:s, s:I, s:I}", "action",
                                  wsub_host_action_name(order->action), "at_ms",
                                  (json_int_t)order->at_ms, "until_ms",
                                  (json_int_t)order->until_ms));
}

static void on_orders(enum wsub_err err, const struct wsub_host_order_row *rows,
                      size_t count, void *arg)
{
    struct flow *flow = arg;

    for (size_t i = 0; i < count; i++)
        add_order(flow, &rows[i]);
    finish(flow, err == WSUB_OK ? page_of(flow) : NULL);
}

static void add_view(struct flow *flow, size_t process, json_t *view)
{
    const char *host = json_string_value(json_object_get(view, "host"));
    json_t *row, *seen;

    if (host == NULL || strstr(host, "://") == NULL ||
        !json_is_string(json_object_get(view, "breaker")))
        return;
    row = host_row(flow, host);
    seen = json_pack("{s:s, s:s}", "instance", flow->names[process], "role",
                     flow->roles[process]);
    json_object_del(view, "host");
    json_object_update(seen, view);
    json_array_append_new(json_object_get(row, "processes"), seen);
}

static void add_report(struct flow *flow, size_t process, const char *report)
{
    json_t *views = report != NULL ? json_loads(report, 0, NULL) : NULL, *view;
    size_t i;

    json_array_foreach(views, i, view) add_view(flow, process, view);
    json_decref(views);
}

static void on_reports(enum wsub_err err, const char *const *reports,
                       size_t count, void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        finish(flow, NULL);
        return;
    }
    for (size_t i = 0; i < count; i++)
        add_report(flow, i, reports[i]);
    wsub_host_orders(flow->hub->store, on_orders, flow);
}

static bool has_hosts(const struct wsub_instance_row *row)
{
    return row->role != NULL && strcmp(row->role, "hub") != 0;
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        finish(flow, NULL);
        return;
    }
    flow->names = wsub_calloc(PROCESSES_MAX, sizeof(char *));
    flow->roles = wsub_calloc(PROCESSES_MAX, sizeof(char *));
    for (size_t i = 0; i < count && flow->count < PROCESSES_MAX; i++) {
        if (!has_hosts(&rows[i]))
            continue;
        flow->names[flow->count] = wsub_strdup(rows[i].name);
        flow->roles[flow->count++] = wsub_strdup(rows[i].role);
    }
    if (flow->count > 0)
        wsub_host_reports(flow->hub->store, (const char *const *)flow->names,
                          flow->count, on_reports, flow);
    else
        wsub_host_orders(flow->hub->store, on_orders, flow);
}

static void take_breaker(const struct wsub_form *query,
                         struct hub_errors *errors, const char **ret_breaker)
{
    static const char name[] = "breaker";

    if (hub_param_optional(query, name, HUB_FAULT_REQUEST, errors,
                           ret_breaker) &&
        *ret_breaker != NULL && strcmp(*ret_breaker, "open") != 0 &&
        strcmp(*ret_breaker, "half open") != 0 &&
        strcmp(*ret_breaker, "closed") != 0)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be open, half open or closed.", name);
}

static char *copy(const char *text)
{
    return text != NULL ? wsub_strdup(text) : NULL;
}

void hub_hosts(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    const char *from = NULL, *host = NULL, *breaker = NULL;
    size_t limit = 0;

    if (hub_params_query(req, &errors, &query)) {
        hub_param_optional(&query, "from", HUB_FAULT_REQUEST, &errors, &from);
        hub_param_optional(&query, "host", HUB_FAULT_REQUEST, &errors, &host);
        take_breaker(&query, &errors, &breaker);
        hub_operator_limit(&query, &errors, &limit);
    }
    if (!hub_errors_respond(&errors, req)) {
        struct flow *flow = wsub_calloc(1, sizeof(*flow));

        *flow = (struct flow){
            .hub = hub,
            .req = req,
            .limit = limit,
            .from = copy(from),
            .host = copy(host),
            .breaker = copy(breaker),
            .hosts = json_object(),
        };
        wsub_instance_list(hub->store, on_instances, flow);
    }
    wsub_form_done(&query);
}
