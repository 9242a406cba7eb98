#include "hub/params.h"

#include <string.h>
#include <strings.h>

#include "common/crypto/digest.h"
#include "common/http/addr.h"
#include "common/http/url.h"

#define FIELDS_MAX 256 /* a hundred topics, twice, and what clients add */

static bool is_form(const struct wsub_http_request *req)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const char *given = wsub_http_header(req, "Content-Type");
    size_t len = sizeof(type) - 1;

    return given != NULL && strncasecmp(given, type, len) == 0 &&
           (given[len] == '\0' || strchr("; \t", given[len]) != NULL);
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

    if (!is_form(req)) {
        hub_errors_add(errors, HUB_FAULT_MEDIA_TYPE, NULL,
                       "Send application/x-www-form-urlencoded.");
        return false;
    }
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

const char *hub_url_fault(const struct hub *hub, const char *value,
                          struct wsub_buf *ret_url)
{
    struct wsub_buf normalized = {0};
    struct wsub_url url;
    bool is_literal = false;
    enum wsub_url_fault fault = wsub_url_parse(value, &normalized, &url);
    const char *text = NULL;

    if (fault != WSUB_URL_FINE)
        text = wsub_url_fault_text(fault);
    else if (!hub->config->allow_private_networks &&
             !wsub_addr_text_is_global(url.host, &is_literal) && is_literal)
        text = "names an address that is not public";
    else
        wsub_buf_add(ret_url, normalized.data, normalized.len);
    wsub_buf_done(&normalized);
    return text;
}

bool hub_param_url(const struct hub *hub, const struct wsub_form *form,
                   const char *name, enum hub_fault fault,
                   struct hub_errors *errors, const char **ret_given,
                   struct wsub_buf *ret_url)
{
    const char *value = "", *problem = NULL;
    size_t count = wsub_form_find(form, name, &value);

    if (value[0] == '\0') {
        hub_errors_add(errors, HUB_FAULT_MISSING, name, "%s is missing.", name);
        return false;
    }
    problem = count > 1 ? "is given more than once"
                        : hub_url_fault(hub, value, ret_url);
    if (problem != NULL) {
        hub_errors_add(errors, fault, name, "%s %s.", name, problem);
        return false;
    }
    *ret_given = value;
    return true;
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

bool hub_check_token(struct wsub_http_request *req, const char *token)
{
    static const char scheme[] = "Bearer ";
    const char *given = wsub_http_header(req, "Authorization");

    if (token[0] == '\0')
        return true;
    if (given != NULL && strncasecmp(given, scheme, sizeof(scheme) - 1) == 0) {
        given += sizeof(scheme) - 1;
        if (wsub_equal_const_time(given, strlen(given), token, strlen(token)))
            return true;
    }
    wsub_http_reply_header(req, "WWW-Authenticate", "Bearer");
    hub_refuse(req, HUB_FAULT_TOKEN, NULL, "A valid bearer token is needed.");
    return false;
}
