/* subscription_create.c - see subscription_create.h.
 *
 *   body -> form of a subscriber -> check -> is it there? -> subscribe.c
 *                                     '-> 400         '-> 503
 */
#include "hub/subscription_create.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/http/form.h"
#include "common/http/url.h"
#include "common/store/subscription_list.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/order_body.h"
#include "hub/params.h"
#include "hub/policy.h"
#include "hub/subscribe.h"

/* The members, and what a subscriber calls each. */
static const char *const members[] = {"topic",  "callback", "lease_seconds",
                                      "secret", "ordered",  "signature",
                                      "headers"};
static const char *const params[] = {
    "hub.topic",          "hub.callback",        "hub.lease_seconds",
    "hub.secret",         "hub.websubd.ordered", "hub.websubd.signature",
    "hub.websubd.headers"};

#define MEMBERS (sizeof(members) / sizeof(*members))
#define LEASE "lease_seconds"
#define ORDERED "ordered"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_form form; /* owned */
};

static void flow_free(struct flow *flow)
{
    wsub_form_done(&flow->form);
    free(flow);
}

static void add_param(struct wsub_buf *form, const char *name,
                      const char *value)
{
    wsub_buf_str(form, form->len > 0 ? "&" : "");
    wsub_buf_str(form, name);
    wsub_buf_char(form, '=');
    wsub_url_encode(form, value);
}

/* A number that is none gets its sentence where a subscriber's would. */
static void add_lease(const json_t *field, struct wsub_buf *form,
                      struct hub_errors *errors)
{
    char text[32];

    if (!json_is_integer(field)) {
        hub_errors_add(errors, HUB_FAULT_LEASE, LEASE,
                       "%s must be a whole number.", LEASE);
        return;
    }
    snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
             json_integer_value(field));
    add_param(form, "hub.lease_seconds", text);
}

static void add_member(const json_t *body, size_t i, struct wsub_buf *form,
                       struct hub_errors *errors)
{
    const json_t *field = json_object_get(body, members[i]);
    const char *text;

    if (field == NULL || json_is_null(field))
        return;
    if (strcmp(members[i], LEASE) == 0) {
        add_lease(field, form, errors);
        return;
    }
    if (strcmp(members[i], ORDERED) == 0)
        text =
            hub_order_switch(body, ORDERED, false, errors) ? "true" : "false";
    else
        text = hub_order_text(body, members[i], errors);
    if (text != NULL)
        add_param(form, params[i], text);
}

/* Makes the form that a subscriber would send. */
static void take(struct flow *flow, struct hub_errors *errors)
{
    json_t *body = hub_order_body(flow->req, members, MEMBERS, errors);
    struct wsub_buf form = {0};

    if (body == NULL)
        return;
    for (size_t i = 0; i < MEMBERS; i++)
        add_member(body, i, &form, errors);
    json_decref(body);
    if (wsub_form_parse(wsub_buf_cstr(&form), form.len, MEMBERS, &flow->form) !=
        WSUB_OK)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The body can't be read.");
    wsub_buf_done(&form);
}

static void on_looked(enum wsub_err err, const char *after,
                      const struct wsub_subscription_row *rows, size_t count,
                      void *arg)
{
    struct flow *flow = arg;

    (void)after;
    (void)rows;
    if (err == WSUB_OK)
        hub_subscribe_as_operator(flow->hub, flow->req, &flow->form, count > 0);
    else
        hub_refuse_unavailable(flow->req);
    flow_free(flow);
}

/* Its texts were checked. */
static void look(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    struct wsub_buf topic = {0}, callback = {0};
    struct hub_errors errors = {0};
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
    const char *given;

    hub_param_topic(flow->hub, &flow->form, WSUB_TOPIC_SUBSCRIBE, &errors,
                    &given, &topic);
    hub_param_callback(flow->hub, &flow->form, &errors, &given, &callback);
    hub_errors_done(&errors);
    ref = wsub_topic_ref(store, wsub_buf_cstr(&topic));
    wsub_digest(wsub_buf_cstr(&callback), callback.len, cd);
    wsub_subscription_find(store, ref.shard, ref.digest, cd, on_looked, flow);
    wsub_buf_done(&topic);
    wsub_buf_done(&callback);
}

void hub_subscription_create(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct flow *flow;

    if (!hub_policy_ready(hub, req))
        return;
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    take(flow, &errors);
    if (flow->form.count > 0 || errors.count == 0)
        hub_subscribe_check(hub, &flow->form, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        look(flow);
}
