/* verification.c - see verification.h.
 *
 *   check -> does a request wait? -> is there a subscription? -> 200
 *                |     '-> 200                '--> 503
 *                '--> 503
 *
 * Why a verification failed it does not say: that would tell strangers what the hub
 * sees behind an address. */
#include "hub/verification.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/http/form.h"
#include "common/http/request.h"
#include "common/store/requests.h"
#include "common/store/subscription_list.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"
#include "hub/policy.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
};

/* NULL: it is not known now. */
static void respond(struct flow *flow, json_t *body)
{
    if (body != NULL)
        hub_json_respond(flow->req, body);
    else
        hub_refuse_unavailable(flow->req);
    free(flow);
}

static json_t *state_json(const char *state)
{
    return json_pack("{s:s}", "state", state);
}

/* Another text after each request that was confirmed; how many there were, of whom,
 * is nobody's business. */
static json_t *active_json(const struct flow *flow, uint64_t generation)
{
    json_t *body = state_json("active");
    char digest[WSUB_DIGEST_LEN + 1];
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "%s:%s:%" PRIu64, flow->ref.digest, flow->cd,
                    generation);
    wsub_digest(text.data, text.len, digest);
    json_object_set_new(body, "confirmed", json_string(digest));
    wsub_buf_done(&text);
    return body;
}

static void on_row(enum wsub_err err, const char *after,
                   const struct wsub_subscription_row *rows, size_t count,
                   void *arg)
{
    struct flow *flow = arg;

    (void)after;
    if (err != WSUB_OK)
        respond(flow, NULL);
    else if (count > 0)
        respond(flow, active_json(flow, rows[0].record.generation));
    else
        respond(flow, state_json("none"));
}

static void on_waits(enum wsub_err err, bool waits, void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK || waits)
        respond(flow, waits ? state_json("waiting") : NULL);
    else
        wsub_subscription_find(flow->hub->store, flow->ref.shard,
                               flow->ref.digest, flow->cd, on_row, flow);
}

static void look_up(struct hub *hub, struct wsub_http_request *req,
                    const struct wsub_buf *topic,
                    const struct wsub_buf *callback)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->ref = wsub_topic_ref(hub->store, topic->data);
    wsub_digest(callback->data, callback->len, flow->cd);
    wsub_request_waits(hub->store, flow->ref.shard, flow->ref.digest, flow->cd,
                       on_waits, flow);
}

void hub_verification(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct wsub_buf topic = {0}, callback = {0};
    const char *given;

    if (!hub_policy_ready(hub, req))
        return;
    if (hub_params_query(req, &errors, &query)) {
        hub_param_topic(hub, &query, WSUB_TOPIC_SUBSCRIBE, &errors, &given,
                        &topic);
        hub_param_callback(hub, &query, &errors, &given, &callback);
    }
    if (!hub_errors_respond(&errors, req)) {
        if (hub_policy_admits_subscriber(
                hub, topic.data, wsub_http_header(req, "Authorization")))
            look_up(hub, req, &topic, &callback);
        else
            hub_access_refuse(req);
    }
    wsub_form_done(&query);
    wsub_buf_done(&topic);
    wsub_buf_done(&callback);
}
