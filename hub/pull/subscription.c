#include "hub/pull/subscription.h"

#include "common/groups/groups.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/cors.h"
#include "hub/media.h"
#include "hub/policy.h"
#include "hub/pull/admission.h"
#include "hub/pull/body.h"
#include "hub/pull/changes.h"
#include "hub/pull/listing.h"
#include "hub/pull/messages.h"
#include "hub/pull/refusal.h"

static const struct {
    const char *name;
    void (*handle)(struct hub *hub, struct wsub_http_request *req,
                   const json_t *body);
} actions[] = {
    {"add", hub_pull_add},
    {"remove", hub_pull_remove},
    {"update", hub_pull_update},
    {"list", hub_pull_list},
    {"getMessages", hub_pull_messages},
};

bool hub_pull_check(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;

    hub_cors_allow(hub, req);
    if (!wsub_groups_ready(hub->groups)) {
        hub_pull_refuse_unavailable(req);
    } else if (!hub_policy_may_be(hub, HUB_TOKEN_SUBSCRIBE,
                                  wsub_http_header(req, "Authorization"))) {
        hub_pull_refuse_token(req);
    } else if (!hub_is_json(req)) {
        hub_pull_refuse(req, 415, "the Content-Type must be application/json");
    } else {
        return true;
    }
    return false;
}

static void act(struct hub *hub, struct wsub_http_request *req,
                const json_t *body)
{
    const json_t *field = json_object_get(body, "action");

    if (field == NULL || json_is_null(field)) {
        hub_pull_refuse(req, 400, "missing 'action' field");
        return;
    }
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (hub_pull_is_word(field, actions[i].name)) {
            actions[i].handle(hub, req, body);
            return;
        }
    hub_pull_refuse(req, 400, "invalid action");
}

void hub_pull_handle(struct wsub_http_request *req, void *arg)
{
    json_t *body = hub_pull_body(req);

    if (body == NULL)
        return;
    act(arg, req, body);
    json_decref(body);
}

void hub_pull_options(struct wsub_http_request *req, void *hub)
{
    hub_cors_preflight(hub, req, "POST, OPTIONS");
}
