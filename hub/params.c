#include "hub/params.h"

#include <string.h>

#include "common/crypto/digest.h"
#include "common/net/egress.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/url.h"
#include "hub/media.h"

#define FIELDS_MAX 256 /* a hundred topics, twice, and what clients add */

bool hub_check_form(struct wsub_http_request *req)
{
    if (hub_is_media(req, HUB_MEDIA_FORM))
        return true;
    hub_refuse(req, HUB_FAULT_MEDIA_TYPE, NULL, "Send " HUB_MEDIA_FORM ".");
    return false;
}

static bool parse(const char *what, const char *text, size_t len,
                  struct hub_errors *errors, struct wsub_form *ret_form)
{
    enum wsub_err err = wsub_form_parse(text, len, FIELDS_MAX, ret_form);

    if (err == WSUB_ERR_TOO_LARGE)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The %s has more than %d fields.", what, FIELDS_MAX);
    else if (err != WSUB_OK)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The %s is not valid: its text must be "
                       "percent-encoded UTF-8.",
                       what);
    return err == WSUB_OK;
}

bool hub_params_form(const struct wsub_http_request *req,
                     struct hub_errors *errors, struct wsub_form *ret_form)
{
    size_t len;
    const char *body = wsub_http_body(req, &len);

    return parse("form", body, len, errors, ret_form);
}

bool hub_params_query(const struct wsub_http_request *req,
                      struct hub_errors *errors, struct wsub_form *ret_form)
{
    const char *query = wsub_http_query(req);

    if (query == NULL)
        query = "";
    return parse("query", query, strlen(query), errors, ret_form);
}

/* What is wrong with where a URL leads; NULL when nothing is. */
static const char *host_fault(const struct hub *hub, const struct wsub_url *url)
{
    bool is_literal = false;

    if (url->host[0] == '\0') /* a dotted topic */
        return NULL;
    if (!wsub_egress_allows_text(hub->egress, url->host, &is_literal) &&
        is_literal)
        return "names an address that is not public, which "
               "allow_private_networks=no keeps out, or one that is denied";
    return NULL;
}

const char *hub_reach_fault(const struct hub *hub, const char *text)
{
    struct wsub_url url;

    if (wsub_url_parse(text, NULL, &url) == WSUB_URL_FINE &&
        !wsub_egress_allows_port(hub->egress, url.port))
        return "names a port that callback_ports keeps out";
    return NULL;
}

const char *hub_topic_fault(const struct hub *hub, const char *value,
                            enum wsub_topic_use use, struct wsub_buf *ret_topic)
{
    struct wsub_buf normal = {0};
    struct wsub_url url;
    const char *fault = wsub_topic_parse(value, use, &normal, &url);

    if (fault == NULL)
        fault = host_fault(hub, &url);
    if (fault == NULL)
        wsub_buf_add(ret_topic, normal.data, normal.len);
    wsub_buf_done(&normal);
    return fault;
}

const char *hub_callback_fault(const struct hub *hub, const char *value,
                               struct wsub_buf *ret_callback)
{
    struct wsub_buf normal = {0};
    struct wsub_url url;
    enum wsub_url_fault fault = wsub_url_parse(value, &normal, &url);
    const char *text = fault != WSUB_URL_FINE ? wsub_url_fault_text(fault)
                                              : host_fault(hub, &url);

    if (text == NULL)
        wsub_buf_add(ret_callback, normal.data, normal.len);
    wsub_buf_done(&normal);
    return text;
}

/* Finds a parameter that must be there; *ret_problem is set when it is there
 * more than once. */
static bool find_needed(const struct wsub_form *form, const char *name,
                        struct hub_errors *errors, const char **ret_value,
                        const char **ret_problem)
{
    const char *value = "";
    size_t count = wsub_form_find(form, name, &value);

    if (value[0] == '\0') {
        hub_errors_add(errors, HUB_FAULT_MISSING, name, "%s is missing.", name);
        return false;
    }
    *ret_value = value;
    *ret_problem = count > 1 ? "is given more than once" : NULL;
    return true;
}

bool hub_param_topic(const struct hub *hub, const struct wsub_form *form,
                     enum wsub_topic_use use, struct hub_errors *errors,
                     const char **ret_given, struct wsub_buf *ret_topic)
{
    static const char name[] = "hub.topic";
    const char *problem;

    if (!find_needed(form, name, errors, ret_given, &problem))
        return false;
    if (problem == NULL)
        problem = hub_topic_fault(hub, *ret_given, use, ret_topic);
    if (problem != NULL)
        hub_errors_add(errors, HUB_FAULT_TOPIC, name, "%s %s.", name, problem);
    return problem == NULL;
}

bool hub_param_callback(const struct hub *hub, const struct wsub_form *form,
                        struct hub_errors *errors, const char **ret_given,
                        struct wsub_buf *ret_callback)
{
    static const char name[] = "hub.callback";
    const char *problem;

    if (!find_needed(form, name, errors, ret_given, &problem))
        return false;
    if (problem == NULL)
        problem = hub_callback_fault(hub, *ret_given, ret_callback);
    if (problem != NULL)
        hub_errors_add(errors, HUB_FAULT_CALLBACK, name, "%s %s.", name,
                       problem);
    return problem == NULL;
}

bool hub_param_optional(const struct wsub_form *form, const char *name,
                        enum hub_fault fault, struct hub_errors *errors,
                        const char **ret_value)
{
    const char *value = NULL;

    if (wsub_form_find(form, name, &value) > 1) {
        hub_errors_add(errors, fault, name, "%s is given more than once.",
                       name);
        return false;
    }
    *ret_value = value;
    return true;
}

/* Spelled as in a callback: an IPv6 address in brackets. */
void hub_param_host(const struct wsub_form *form, const char *name,
                    struct hub_errors *errors,
                    char ret_host[WSUB_QUOTA_HOST_BYTES])
{
    const char *text = NULL;
    struct wsub_url url;
    struct wsub_buf callback = {0};

    if (!hub_param_optional(form, name, HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL)
        return;
    wsub_buf_printf(&callback, "http://%s/", text);
    if (strpbrk(text, "/?:@") != NULL && text[0] != '[')
        text = NULL;
    else if (wsub_url_parse(callback.data, NULL, &url) != WSUB_URL_FINE)
        text = NULL;
    if (text == NULL)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be the name or address of a host, without a "
                       "port.",
                       name);
    else
        wsub_quota_host(callback.data, ret_host);
    wsub_buf_done(&callback);
}
