/* subscription_create.c - see subscription_create.h.
 *
 *   body -> form of a subscriber -> check -> enroll.h -> 200, 201
 *                                     |'-> 400       '-> 503
 *                                     '--> 403, 410
 */
#include "hub/subscription_create.h"

#include <stdlib.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "hub/enroll.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/order_body.h"
#include "hub/policy.h"
#include "hub/subscription_json.h"
#include "hub/subscription_params.h"

struct flow {
    struct wsub_http_request *req;
    json_t *response; /* owned */
};

static void on_enrolled(enum hub_enrolled enrolled, void *arg)
{
    struct flow *flow = arg;

    if (enrolled == HUB_ENROLLED_FAILED)
        hub_refuse_unavailable(flow->req);
    else
        hub_json_respond_status(flow->req,
                                enrolled == HUB_ENROLLED_NEW ? 201 : 200,
                                json_incref(flow->response));
    json_decref(flow->response);
    free(flow);
}

static void enroll(struct hub *hub, struct wsub_http_request *req,
                   const struct hub_subscription_params *params, bool is_paused)
{
    enum hub_fault fault;
    const char *sentence = hub_enroll_fault(hub, params, &fault);
    struct flow *flow;

    if (sentence != NULL) {
        hub_refuse(req, fault, NULL, "%s", sentence);
        return;
    }
    flow = wsub_calloc(1, sizeof(*flow));
    flow->req = req;
    flow->response = json_pack("{s:s, s:s}", "topic", params->topic.data,
                               "callback", params->callback.data);
    hub_enroll(hub, params,
               &(struct hub_enroll_options){.is_paused = is_paused},
               on_enrolled, flow);
}

void hub_subscription_create(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct hub_subscription_params params = {0};
    struct wsub_form form = {0};
    bool is_paused = false;
    json_t *body;

    if (!hub_policy_ready(hub, req))
        return;
    body = hub_order_body(req, hub_subscription_members,
                          hub_subscription_member_count, &errors);
    if (body != NULL) {
        hub_subscription_form(body, &errors, &form);
        is_paused = hub_subscription_is_paused(body, &errors);
        hub_subscription_params_take(hub, &form, true, &errors, &params);
    }
    if (!hub_errors_respond(&errors, req))
        enroll(hub, req, &params, is_paused);
    hub_subscription_params_done(&params);
    wsub_form_done(&form);
    json_decref(body);
}
