#include "hub/targets.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/instance_list.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"

struct flow {
    const struct hub *hub;
    struct wsub_http_request *req;
};

static const char *text(const json_t *record, const char *name)
{
    const char *found = json_string_value(json_object_get(record, name));

    return found != NULL ? found : "";
}

/* Who listens on every address is reached by the name of its machine. */
static json_t *target_json(const json_t *record, const char *status)
{
    const char *port = strrchr(status, ':');
    struct wsub_buf target = {0};
    json_t *json;

    if (strncmp(status, "0.0.0.0:", 8) == 0 || strncmp(status, "[::]:", 5) == 0)
        wsub_buf_printf(&target, "%s%s", text(record, "host"), port);
    else
        wsub_buf_str(&target, status);
    json = hub_json_text(wsub_buf_cstr(&target));
    wsub_buf_done(&target);
    return json;
}

static json_t *group_json(const struct wsub_instance_row *row,
                          const json_t *record, const char *status)
{
    return json_pack("{s:[o], s:{s:o, s:o, s:o, s:o}}", "targets",
                     target_json(record, status), "labels",
                     "__meta_websubd_instance", hub_json_text(row->name),
                     "__meta_websubd_role", hub_json_text(text(record, "role")),
                     "__meta_websubd_site", hub_json_text(text(record, "site")),
                     "__meta_websubd_version",
                     hub_json_text(text(record, "version")));
}

static void add(const struct flow *flow, const struct wsub_instance_row *row,
                json_t *list)
{
    int64_t timeout_ms = flow->hub->config->heartbeat_timeout_ms;
    json_t *record =
        row->record != NULL ? json_loads(row->record, 0, NULL) : NULL;
    const char *status = text(record, "status");

    if (row->role != NULL && row->heartbeat_age_ms < timeout_ms &&
        row->heartbeat_age_ms > -timeout_ms && strchr(status, ':') != NULL &&
        strncmp(status, "unix:", 5) != 0)
        json_array_append_new(list, group_json(row, record, status));
    json_decref(record);
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct flow *flow = arg;
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        add(flow, &rows[i], list);
    if (err == WSUB_OK) {
        hub_json_respond(flow->req, list);
    } else {
        json_decref(list);
        hub_refuse_unavailable(flow->req);
    }
    free(flow);
}

void hub_targets(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = arg;
    flow->req = req;
    wsub_instance_list(flow->hub->store, on_instances, flow);
}
