/* topics.c - see topics.h.
 *
 *   check -> last fetch -> 200 {"topic": ..., "fetch": {...}}
 *                    '--> 404   never fetched, or forgotten
 *                    '--> 503
 */
#include "hub/topics.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/topics.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"

struct flow {
    struct wsub_http_request *req;
    struct wsub_buf topic; /* owned; normalized */
    bool is_operator;
};

/* Why no response came says how names resolve, and which ports are open, where
 * only the spreader is: that is for operators. */
static const char *error_for(const struct wsub_last_fetch *fetch,
                             bool is_operator)
{
    return fetch->status > 0 || fetch->error[0] == '\0' || is_operator
               ? fetch->error
               : "the topic can't be fetched";
}

json_t *hub_topics_fetch(const struct wsub_last_fetch *fetch, bool is_operator)
{
    return json_pack(
        "{s:I, s:o, s:I, s:I}", "status", (json_int_t)fetch->status, "error",
        hub_json_text(error_for(fetch, is_operator)), "at",
        (json_int_t)fetch->at_s, "failures", (json_int_t)fetch->failures);
}

static void respond_fetch(const struct flow *flow,
                          const struct wsub_last_fetch *fetch)
{
    hub_json_respond(flow->req,
                     json_pack("{s:s, s:o}", "topic", flow->topic.data, "fetch",
                               hub_topics_fetch(fetch, flow->is_operator)));
}

static void flow_free(struct flow *flow)
{
    wsub_buf_done(&flow->topic);
    free(flow);
}

static void on_fetch(enum wsub_err err, const struct wsub_last_fetch *fetch,
                     void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        respond_fetch(flow, fetch);
    else if (err == WSUB_ERR_NOT_FOUND)
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, "hub.topic",
                   "No fetch of this topic is known.");
    else
        hub_refuse_unavailable(flow->req);
    flow_free(flow);
}

static void look_up(struct hub *hub, struct flow *flow)
{
    struct wsub_topic_ref ref = wsub_topic_ref(hub->store, flow->topic.data);

    wsub_topics_last_fetch(hub->store, &ref, on_fetch, flow);
}

void hub_topics(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct wsub_form query = {0};
    const char *given;

    flow->req = req;
    flow->is_operator = hub_access_shows(hub, req, HUB_TOKEN_ADMIN) ||
                        hub_access_shows(hub, req, HUB_TOKEN_ADMIN_READ);
    if (hub_params_query(req, &errors, &query))
        hub_param_topic(hub, &query, WSUB_TOPIC_SUBSCRIBE, &errors, &given,
                        &flow->topic);
    wsub_form_done(&query);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        look_up(hub, flow);
}
