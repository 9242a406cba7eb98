#include "hub/subscription_json.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/http/url.h"
#include "hub/order_body.h"

/* The members, and what a subscriber calls each; NULL: it has no such thing. */
const char *const hub_subscription_members[] = {
    "topic",   "callback",  "lease_seconds", "secret",
    "ordered", "signature", "headers",       "paused"};
static const char *const params[] = {
    "hub.topic",           "hub.callback",
    "hub.lease_seconds",   "hub.secret",
    "hub.websubd.ordered", "hub.websubd.signature",
    "hub.websubd.headers", NULL};

#define MEMBERS (sizeof(params) / sizeof(*params))
#define LEASE "lease_seconds"
#define ORDERED "ordered"
#define PAUSED "paused"

const size_t hub_subscription_member_count = MEMBERS;

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
    const json_t *field = json_object_get(body, hub_subscription_members[i]);
    const char *text;

    if (params[i] == NULL || field == NULL || json_is_null(field))
        return;
    if (strcmp(hub_subscription_members[i], LEASE) == 0) {
        add_lease(field, form, errors);
        return;
    }
    if (strcmp(hub_subscription_members[i], ORDERED) == 0)
        text =
            hub_order_switch(body, ORDERED, false, errors) ? "true" : "false";
    else
        text = hub_order_text(body, hub_subscription_members[i], errors);
    if (text != NULL)
        add_param(form, params[i], text);
}

void hub_subscription_form(const json_t *object, struct hub_errors *errors,
                           struct wsub_form *ret_form)
{
    struct wsub_buf form = {0};

    for (size_t i = 0; i < MEMBERS; i++)
        add_member(object, i, &form, errors);
    if (wsub_form_parse(wsub_buf_cstr(&form), form.len, MEMBERS, ret_form) !=
        WSUB_OK)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The body can't be read.");
    if (form.data != NULL)
        explicit_bzero(form.data, form.len); /* it may have a secret */
    wsub_buf_done(&form);
}

bool hub_subscription_is_paused(const json_t *object, struct hub_errors *errors)
{
    return hub_order_switch(object, PAUSED, false, errors);
}
