/* api.c - which request goes where; docs/PROTOCOL.md has the whole table.
 *
 * A form request is parsed here and handed to the mode's own file. */
#include "hub/api.h"

#include <string.h>

#include "common/cluster/member.h"
#include "common/http/form.h"
#include "common/http/respond.h"
#include "common/http/route.h"
#include "common/http/status.h"
#include "common/program/program.h"
#include "hub/admin.h"
#include "hub/admin_letters.h"
#include "hub/attempts.h"
#include "hub/cluster.h"
#include "hub/errors.h"
#include "hub/events.h"
#include "hub/gaps.h"
#include "hub/hub.h"
#include "hub/instances.h"
#include "hub/page.h"
#include "hub/params.h"
#include "hub/publish.h"
#include "hub/push.h"
#include "hub/restart.h"
#include "hub/shards.h"
#include "hub/subscribe.h"
#include "hub/suspended.h"
#include "hub/topics.h"
#include "hub/writable.h"

typedef void mode_handler(struct hub *hub, struct wsub_http_request *req,
                          const struct wsub_form *form);

static const struct {
    const char *name;
    mode_handler *handle;
} modes[] = {
    {"subscribe", hub_subscribe},
    {"unsubscribe", hub_unsubscribe},
    {"publish", hub_publish},
};

/* Finds the mode's handler; NULL when there is none. */
static mode_handler *find_mode(const struct wsub_form *form,
                               struct hub_errors *errors)
{
    static const char name[] = "hub.mode";
    const char *mode = "";
    size_t count = wsub_form_find(form, name, &mode);

    if (mode[0] == '\0') {
        hub_errors_add(errors, HUB_FAULT_MISSING, name, "%s is missing.", name);
        return NULL;
    }
    for (size_t i = 0; count == 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(modes[i].name, mode) == 0)
            return modes[i].handle;
    hub_errors_add(errors, HUB_FAULT_MODE, name,
                   count > 1 ? "hub.mode is given more than once."
                             : "hub.mode must be subscribe, unsubscribe or "
                               "publish.");
    return NULL;
}

/* Without a mode the other parameters are checked as those of what the
 * request looks like, so that its client learns of all at once. */
static void check_others(const struct hub *hub, const struct wsub_form *form,
                         struct hub_errors *errors)
{
    if (wsub_form_find(form, "hub.url", NULL) > 0)
        hub_publish_check(hub, form, errors);
    else
        hub_subscribe_check(hub, form, errors);
}

static bool has_moved(const struct hub *hub, struct wsub_http_request *req)
{
    const char *target = hub->config->redirect_to;

    if (target[0] == '\0')
        return false;
    wsub_http_respond_header(req, "Location", target);
    wsub_http_respond_text(req, 308, "This hub has moved to %s.", target);
    return true;
}

static void on_form(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form form;
    mode_handler *handle;

    if (has_moved(hub, req))
        return;
    if (!hub_params_form(req, &errors, &form)) {
        hub_errors_respond(&errors, req);
        return;
    }
    handle = find_mode(&form, &errors);
    if (handle != NULL) {
        handle(hub, req, &form);
    } else {
        check_others(hub, &form, &errors);
        hub_errors_respond(&errors, req);
    }
    wsub_form_done(&form);
}

static bool is_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct hub *hub = arg;

    return wsub_program_ready(hub->loop, hub->store, reason) &&
           wsub_member_ready(hub->member, reason) &&
           hub_writable_is(hub->writable, reason);
}

static void on_health(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_status_health(req);
}

static void on_ready(struct wsub_http_request *req, void *arg)
{
    struct wsub_status_source source = {.ready = is_ready, .arg = arg};

    wsub_status_ready(req, &source);
}

static void on_metrics(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_status_metrics(req);
}

const struct wsub_http_route hub_routes[] = {
    {"POST", "/", on_form},
    {"POST", "/subscriptions", on_form},
    {"POST", "/publish", hub_push},
    {"GET", "/topics", hub_topics},
    {"POST", "/admin/deny", hub_admin_deny},
    {"GET", "/admin/dead-letters", hub_admin_letters},
    {"GET", "/admin/dead-letters/count", hub_admin_letters_count},
    {"POST", "/admin/dead-letters/replay", hub_admin_letters_replay},
    {"POST", "/admin/dead-letters/purge", hub_admin_letters_purge},
    {"GET", "/admin/suspended", hub_suspended},
    {"GET", "/admin/gaps", hub_gaps},
    {"GET", "/admin/attempts", hub_attempts},
    {"GET", "/admin/instances", hub_instances},
    {"POST", "/admin/instances/*/restart", hub_restart},
    {"GET", "/admin/health/instances", hub_instances_health},
    {"GET", "/admin/leader", hub_leader},
    {"GET", "/admin/shards", hub_shards},
    {"GET", "/admin/events", hub_events},
    {"GET", "/", hub_page},
    {"GET", "/healthz", on_health},
    {"GET", "/readyz", on_ready},
    {"GET", "/metrics", on_metrics},
    {0},
};
