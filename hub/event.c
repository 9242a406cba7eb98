/* event.c - see event.h.
 *
 *   status: find -> 200 {"id": ..., "deliveries": {...}}
 *   body: may push? -> find -> 200 the body as it was pushed
 *                         |'-> 404   it has left the log, or never was
 *                         '--> 503
 */
#include "hub/event.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/groups/groups.h"
#include "common/http/respond.h"
#include "common/http/route.h"
#include "common/store/event_status.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/event_row.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/policy.h"

#define ID_SEGMENT 1 /* of /events/ID */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_place event;
};

static void respond_not_found(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL,
               "There is no such event, or it is not kept any more.");
}

/* Responds to what there is no event for; returns whether it did. */
static bool refuse(struct flow *flow, enum wsub_err err)
{
    if (err == WSUB_ERR_NOT_FOUND)
        respond_not_found(flow->req);
    else if (err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    return err != WSUB_OK;
}

static void on_status(enum wsub_err err, const struct wsub_event_status *status,
                      void *arg)
{
    struct flow *flow = arg;

    if (!refuse(flow, err))
        hub_json_respond(flow->req, hub_event_row(&flow->event, status));
    free(flow);
}

/* What publishers push is theirs: no browser is to take it for a page of the
 * hub's. */
static void respond_body(struct flow *flow,
                         const struct wsub_event_status *status)
{
    if (status->coding[0] != '\0')
        wsub_http_respond_header(flow->req, "Content-Encoding", status->coding);
    wsub_http_respond_header(flow->req, "X-Content-Type-Options", "nosniff");
    wsub_http_respond_header(flow->req, "Content-Security-Policy", "sandbox");
    wsub_http_respond(flow->req, 200, status->type, status->body,
                      (size_t)status->body_bytes);
}

/* Now that the topic is known: the body is for who may push to it. */
static bool may_read(const struct flow *flow,
                     const struct wsub_event_status *status)
{
    const struct wsub_policy *policy = hub_policy_of(flow->hub, status->topic);

    if (!policy->publish.said)
        return hub_access_push(flow->req, flow->hub);
    if (hub_policy_admits(flow->hub, policy, HUB_TOKEN_PUBLISH,
                          wsub_http_header(flow->req, "Authorization")))
        return true;
    hub_access_refuse(flow->req);
    return false;
}

/* What has left the log, and what is for operators, only they see
 * (topic_event.h). */
static void on_body(enum wsub_err err, const struct wsub_event_status *status,
                    void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK &&
        (status->has_left || wsub_topic_is_reserved(status->topic)))
        err = WSUB_ERR_NOT_FOUND;
    if (!refuse(flow, err) && may_read(flow, status))
        respond_body(flow, status);
    free(flow);
}

static void find(struct hub *hub, struct wsub_http_request *req, bool with_body,
                 wsub_event_status_cb *cb)
{
    char id[WSUB_PLACE_BYTES];
    struct wsub_place event;
    struct flow *flow;

    if (!wsub_http_route_segment(req, ID_SEGMENT, id, sizeof(id)) ||
        !wsub_place_parse(id, wsub_store_shards(hub->store), &event)) {
        respond_not_found(req);
        return;
    }
    flow = wsub_calloc(1, sizeof(*flow));
    *flow = (struct flow){.hub = hub, .req = req, .event = event};
    wsub_event_status(hub->store, &event, with_body, cb, flow);
}

void hub_event(struct wsub_http_request *req, void *arg)
{
    find(arg, req, false, on_status);
}

/* Who shows a group's token is let through: whose it is the topic tells. */
bool hub_event_body_check(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    const char *token =
        hub_tokens_bearer(wsub_http_header(req, "Authorization"));

    if (!hub_policy_ready(hub, req))
        return false;
    return (token != NULL &&
            wsub_group_table_knows(wsub_groups_table(hub->groups), token)) ||
           hub_access_push(req, hub);
}

void hub_event_body(struct wsub_http_request *req, void *arg)
{
    find(arg, req, true, on_body);
}
