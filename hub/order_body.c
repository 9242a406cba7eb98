#include "hub/order_body.h"

#include <string.h>

#include "common/http/request.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/media.h"
#include "hub/params.h"

bool hub_order_may_send(struct wsub_http_request *req, void *hub)
{
    return hub_access_admin(req, hub) && hub_check_json(req);
}

static void check_names(const json_t *body, const char *const *names,
                        size_t count, struct hub_errors *errors)
{
    struct wsub_buf list = {0};
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        known += json_object_get(body, names[i]) != NULL;
        wsub_buf_str(&list, i == 0 ? "" : i + 1 == count ? " and " : ", ");
        wsub_buf_str(&list, names[i]);
    }
    if (known < json_object_size(body))
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The body has a member that is none of %s.",
                       wsub_buf_cstr(&list));
    wsub_buf_done(&list);
}

json_t *hub_order_object(const char *text, size_t len, const char *what,
                         struct hub_errors *errors)
{
    json_error_t error = {0};
    json_t *object =
        json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);

    if (json_is_object(object))
        return object;
    if (object == NULL &&
        json_error_code(&error) == json_error_numeric_overflow)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "%s has a number that is too large.", what);
    else
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "%s must be a JSON object.", what);
    json_decref(object);
    return NULL;
}

json_t *hub_order_body(const struct wsub_http_request *req,
                       const char *const *names, size_t count,
                       struct hub_errors *errors)
{
    size_t len = 0;
    const char *text = wsub_http_body(req, &len);
    json_t *body = hub_order_object(text, len, "The body", errors);

    if (body != NULL)
        check_names(body, names, count, errors);
    return body;
}

const char *hub_order_text(const json_t *body, const char *name,
                           struct hub_errors *errors)
{
    const json_t *field = json_object_get(body, name);
    const char *text = json_string_value(field);

    if (field == NULL || json_is_null(field))
        return NULL;
    if (text == NULL || strlen(text) != json_string_length(field)) {
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be a string without a zero byte.", name);
        return NULL;
    }
    return text;
}

bool hub_order_switch(const json_t *body, const char *name, bool absent,
                      struct hub_errors *errors)
{
    const json_t *field = json_object_get(body, name);

    if (field == NULL || json_is_null(field))
        return absent;
    if (!json_is_boolean(field))
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be true or false.", name);
    return json_is_true(field);
}

void hub_order_need(const json_t *body, const char *name,
                    struct hub_errors *errors)
{
    const json_t *field = json_object_get(body, name);

    if (field == NULL || json_is_null(field))
        hub_errors_add(errors, HUB_FAULT_MISSING, name, "%s is missing.", name);
}

const char *hub_order_topic(const struct hub *hub, const json_t *body,
                            struct hub_errors *errors,
                            struct wsub_buf *ret_topic)
{
    static const char name[] = "topic";
    const char *text = hub_order_text(body, name, errors);
    const char *fault;

    if (text == NULL) {
        hub_order_need(body, name, errors);
        return NULL;
    }
    fault = hub_topic_fault(hub, text, WSUB_TOPIC_SUBSCRIBE, ret_topic);
    if (fault != NULL) {
        hub_errors_add(errors, HUB_FAULT_TOPIC, name, "%s %s.", name, fault);
        return NULL;
    }
    return text;
}

const char *hub_order_callback(const struct hub *hub, const json_t *body,
                               struct hub_errors *errors,
                               struct wsub_buf *ret_callback)
{
    static const char name[] = "callback";
    const char *text = hub_order_text(body, name, errors);
    const char *fault;

    if (text == NULL)
        return NULL;
    fault = hub_callback_fault(hub, text, ret_callback);
    if (fault != NULL) {
        hub_errors_add(errors, HUB_FAULT_CALLBACK, name, "%s %s.", name, fault);
        return NULL;
    }
    return text;
}

void hub_order_subscription(const struct hub *hub, const json_t *body,
                            struct hub_errors *errors,
                            struct wsub_buf *ret_topic,
                            struct wsub_buf *ret_callback)
{
    hub_order_topic(hub, body, errors, ret_topic);
    hub_order_need(body, "callback", errors);
    hub_order_callback(hub, body, errors, ret_callback);
}
