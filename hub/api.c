/* api.c - which request goes where; docs/PROTOCOL.md has the whole table.
 *
 * A form request is parsed here and handed to the mode's own file. */
#include "hub/api.h"

#include <stdio.h>
#include <string.h>

#include "common/cluster/member.h"
#include "common/cluster/neglect.h"
#include "common/groups/groups.h"
#include "common/http/form.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/route.h"
#include "common/http/status.h"
#include "common/program/program.h"
#include "hub/access.h"
#include "hub/admin.h"
#include "hub/admin_letters.h"
#include "hub/alerts.h"
#include "hub/audit.h"
#include "hub/cluster.h"
#include "hub/damaged.h"
#include "hub/errors.h"
#include "hub/event.h"
#include "hub/events.h"
#include "hub/export.h"
#include "hub/gaps.h"
#include "hub/groups.h"
#include "hub/health.h"
#include "hub/history.h"
#include "hub/host_order.h"
#include "hub/hosts.h"
#include "hub/hub.h"
#include "hub/import.h"
#include "hub/instances.h"
#include "hub/operator.h"
#include "hub/order_body.h"
#include "hub/live.h"
#include "hub/page.h"
#include "hub/params.h"
#include "hub/policy.h"
#include "hub/pressure.h"
#include "hub/publish.h"
#include "hub/pull/refusal.h"
#include "hub/pull/stream.h"
#include "hub/pull/subscription.h"
#include "hub/push.h"
#include "hub/queues.h"
#include "hub/rejected.h"
#include "hub/replay_order.h"
#include "hub/replays.h"
#include "hub/reshard.h"
#include "hub/restart.h"
#include "hub/shards.h"
#include "hub/sites.h"
#include "hub/subscribe.h"
#include "hub/subscribed_topics.h"
#include "hub/subscription.h"
#include "hub/subscription_create.h"
#include "hub/subscription_delete.h"
#include "hub/subscription_orders.h"
#include "hub/subscription_params.h"
#include "hub/subscriptions.h"
#include "hub/suspended.h"
#include "hub/targets.h"
#include "hub/topic.h"
#include "hub/topic_event.h"
#include "hub/topic_events.h"
#include "hub/topics.h"
#include "hub/verification.h"
#include "hub/verifications.h"
#include "hub/vitals.h"
#include "hub/web.h"
#include "hub/whoami.h"
#include "common/store/writable.h"

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
        hub_subscription_check(hub, form, errors);
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

/* The token is another one for each mode, which the body tells; but where every
 * mode needs one, who has none of them need not send a body. */
static bool may_send_form(const struct hub *hub, struct wsub_http_request *req)
{
    const char *authorization = wsub_http_header(req, "Authorization");

    if (hub_policy_may_be(hub, HUB_TOKEN_SUBSCRIBE, authorization) ||
        hub_policy_may_be(hub, HUB_TOKEN_PUBLISH, authorization))
        return true;
    hub_access_refuse(req);
    return false;
}

static bool check_form(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;

    return !has_moved(hub, req) && hub_check_form(req) &&
           hub_policy_ready(hub, req) && may_send_form(hub, req);
}

static void on_form(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form form;
    mode_handler *handle;

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

/* A hub that takes no new subscriptions is of use, and says so; one that takes no
 * content is not. */
static bool has_memory(const struct hub *hub,
                       char reason[WSUB_STATUS_REASON_BYTES])
{
    bool takes_content;
    const char *effect = hub_pressure_effect(hub->pressure, &takes_content);

    if (effect != NULL)
        snprintf(reason, WSUB_STATUS_REASON_BYTES,
                 "Redis is short of memory: %s", effect);
    return takes_content;
}

bool hub_api_ready(const struct hub *hub, char reason[WSUB_STATUS_REASON_BYTES])
{
    if (!wsub_program_ready(hub->loop, hub->store, reason) ||
        !wsub_writable_is(hub->writable, reason) ||
        !wsub_member_ready(hub->member, reason) ||
        !wsub_groups_ready_why(hub->groups, reason) || !has_memory(hub, reason))
        return false;
    wsub_neglect_tell(hub->neglect, reason);
    return true;
}

void hub_api_health(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    const char *verbose = NULL;

    if (hub_params_query(req, &errors, &query))
        wsub_form_find(&query, "verbose", &verbose);
    hub_errors_done(&errors); /* whoever only asks whether it runs learns it */
    if (verbose != NULL && strcmp(verbose, "1") == 0)
        hub_vitals_respond(hub->vitals, req);
    else
        wsub_status_health(req);
    wsub_form_done(&query);
}

static bool is_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    return hub_api_ready(arg, reason);
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

void hub_stray(struct wsub_http_request *req, int status, const char *sentence,
               void *hub)
{
    if (strcmp(wsub_http_path(req), HUB_PULL_PATH) == 0)
        hub_pull_refuse(req, status, "%s", sentence);
    else
        hub_refuse_stray(req, status, sentence, hub);
}

const struct wsub_http_route hub_routes[] = {
    {"POST", "/", on_form, check_form, HUB_FORM_MAX_BYTES},
    {"POST", "/subscriptions", on_form, check_form, HUB_FORM_MAX_BYTES},
    {"POST", "/publish", hub_push, hub_push_check, WSUB_HTTP_BODY_MAX},
    {"GET", "/events/*", hub_event, NULL, 0},
    {"GET", "/events/*/body", hub_event_body, hub_event_body_check, 0},
    {"POST", HUB_PULL_PATH, hub_pull_handle, hub_pull_check,
     HUB_PULL_BODY_MAX_BYTES},
    {"OPTIONS", HUB_PULL_PATH, hub_pull_options, NULL, 0},
    {"GET", "/stream", hub_pull_handle_stream, hub_pull_check_stream, 0},
    {"OPTIONS", "/stream", hub_pull_stream_options, NULL, 0},
    {"GET", "/topics", hub_topics, NULL, 0},
    {"GET", "/verification", hub_verification, NULL, 0},
    {"POST", "/admin/deny", hub_admin_deny, hub_operator_may_post,
     HUB_FORM_MAX_BYTES},
    {"GET", "/admin/dead-letters", hub_admin_letters, hub_access_admin, 0},
    {"GET", "/admin/dead-letters/count", hub_admin_letters_count,
     hub_access_admin, 0},
    {"POST", "/admin/dead-letters/replay", hub_admin_letters_replay,
     hub_operator_may_post, HUB_FORM_MAX_BYTES},
    {"POST", "/admin/dead-letters/purge", hub_admin_letters_purge,
     hub_operator_may_post, HUB_FORM_MAX_BYTES},
    {"GET", "/admin/subscriptions", hub_subscriptions, hub_access_admin, 0},
    {"POST", "/admin/subscriptions", hub_subscription_create,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"GET", "/admin/subscription", hub_subscription, hub_access_admin, 0},
    {"POST", "/admin/subscriptions/pause", hub_subscription_pause,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"POST", "/admin/subscriptions/resume", hub_subscription_resume,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"POST", "/admin/subscriptions/due", hub_subscription_due,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"POST", "/admin/subscriptions/test", hub_subscription_test,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"POST", "/admin/subscriptions/delete", hub_subscription_delete,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"GET", "/admin/export", hub_export, hub_access_admin, 0},
    {"POST", "/admin/import", hub_import, hub_import_may_send, 0},
    {"GET", "/admin/suspended", hub_suspended, hub_access_admin, 0},
    {"GET", "/admin/gaps", hub_gaps, hub_access_admin, 0},
    {"GET", "/admin/damaged", hub_damaged, hub_access_admin, 0},
    {"GET", "/admin/verifications", hub_verifications, hub_access_admin, 0},
    {"GET", "/admin/instances", hub_instances, hub_access_admin, 0},
    {"POST", "/admin/instances/*/restart", hub_restart, hub_access_admin, 0},
    {"GET", "/admin/health/instances", hub_instances_health, hub_access_admin,
     0},
    {"POST", "/admin/replay", hub_replay_order, hub_order_may_send,
     HUB_ORDER_BODY_MAX_BYTES},
    {"GET", "/admin/replay", hub_replays, hub_access_admin, 0},
    {"GET", "/admin/replay/*", hub_replay, hub_access_admin, 0},
    {"POST", "/admin/replay/*/cancel", hub_replay_cancel, hub_access_admin, 0},
    {"POST", "/admin/reshard", hub_reshard_order, hub_reshard_may_order,
     HUB_RESHARD_BODY_MAX_BYTES},
    {"GET", "/admin/reshard", hub_reshard_get, hub_access_admin, 0},
    {"POST", "/admin/health/check", hub_health_check, hub_access_admin, 0},
    {"GET", "/admin/health/last", hub_health_last, hub_access_admin, 0},
    {"GET", "/admin/health/cleanup", hub_health_cleanup, hub_access_admin, 0},
    {"PUT", "/admin/health/cleanup", hub_health_switch, hub_health_may_send,
     HUB_HEALTH_BODY_MAX_BYTES},
    {"POST", "/admin/health/cleanup", hub_health_clean, hub_health_may_send,
     HUB_HEALTH_BODY_MAX_BYTES},
    {"POST", "/admin/fsck", hub_fsck_start, hub_health_may_send,
     HUB_HEALTH_BODY_MAX_BYTES},
    {"GET", "/admin/fsck", hub_fsck, hub_access_admin, 0},
    {"GET", "/admin/topics", hub_subscribed_topics, hub_access_admin, 0},
    {"GET", "/admin/topic", hub_topic, hub_access_admin, 0},
    {"GET", "/admin/topic-events", hub_topic_events, hub_access_admin, 0},
    {"GET", "/admin/topic-events/*", hub_topic_event, hub_access_admin, 0},
    {"POST", "/admin/topic-events/*/deliver", hub_topic_event_deliver,
     hub_order_may_send, HUB_ORDER_BODY_MAX_BYTES},
    {"GET", "/admin/leader", hub_leader, hub_access_admin, 0},
    {"GET", "/admin/shards", hub_shards, hub_access_admin, 0},
    {"GET", "/admin/queues", hub_queues, hub_access_admin, 0},
    {"GET", "/admin/prometheus-sd", hub_targets, hub_access_admin, 0},
    {"GET", "/admin/events", hub_events, hub_access_admin, 0},
    {"GET", "/admin/alerts", hub_alerts, hub_access_admin, 0},
    {"GET", "/admin/audit", hub_audit_list, hub_access_admin, 0},
    {"GET", "/admin/hosts", hub_hosts, hub_access_admin, 0},
    {"POST", "/admin/hosts/open", hub_host_open, hub_order_may_send,
     HUB_ORDER_BODY_MAX_BYTES},
    {"POST", "/admin/hosts/close", hub_host_close, hub_order_may_send,
     HUB_ORDER_BODY_MAX_BYTES},
    {"GET", "/admin/groups", hub_groups, hub_access_admin, 0},
    {"GET", "/admin/groups/*", hub_group_get, hub_access_admin, 0},
    {"PUT", "/admin/groups/*", hub_group_put, hub_groups_may_put,
     HUB_GROUP_BODY_MAX_BYTES},
    {"DELETE", "/admin/groups/*", hub_group_delete, hub_access_admin, 0},
    {"GET", "/admin/sites", hub_sites, hub_access_admin, 0},
    {"POST", "/admin/publish", hub_push, hub_push_check_operator,
     WSUB_HTTP_BODY_MAX},
    {"GET", "/admin/rejected", hub_rejected, hub_access_admin, 0},
    {"GET", "/admin/history", hub_history, hub_access_admin, 0},
    {"GET", "/admin/stream", hub_live_stream, hub_access_admin, 0},
    {"GET", "/admin/whoami", hub_whoami, hub_access_admin, 0},
    {"GET", "/dashboard", hub_dashboard, hub_access_dashboard, 0},
    {"GET", "/dashboard/*", hub_web_file_get, hub_access_dashboard, 0},
    {"GET", "/front/*", hub_web_file_get, NULL, 0},
    {"GET", "/", hub_page, NULL, 0},
    {"GET", "/healthz", hub_api_health, NULL, 0},
    {"GET", "/readyz", on_ready, NULL, 0},
    {"GET", "/metrics", on_metrics, NULL, 0},
    {0},
};
