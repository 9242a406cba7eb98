#include "hub/params.h"

#include <string.h>
#include <strings.h>

#include "common/crypto/digest.h"
#include "common/http/addr.h"
#include "common/http/url.h"

bool hub_check_url(struct hub *hub, struct wsub_http_request *req,
                   const char *name, const char *value,
                   struct wsub_buf *ret_url)
{
    struct wsub_url url;
    bool is_literal = false;
    enum wsub_url_fault fault = wsub_url_parse(value, ret_url, &url);

    if (fault != WSUB_URL_FINE) {
        hub_reply_refused(req, 400, "%s %s.", name,
                          wsub_url_fault_text(fault));
        return false;
    }
    if (!hub->config->allow_private_networks &&
        !wsub_addr_text_is_global(url.host, &is_literal) && is_literal) {
        hub_reply_refused(req, 400,
                          "%s names an address that is not public.", name);
        return false;
    }
    return true;
}

bool hub_param_url(struct hub *hub, struct wsub_http_request *req,
                   const struct wsub_form *form, const char *name,
                   const char **ret_given, struct wsub_buf *ret_url)
{
    const char *value = NULL;
    size_t count = wsub_form_find(form, name, &value);

    if (count != 1) {
        hub_reply_refused(req, 400, "%s %s.", name,
                          count > 1 ? "is given more than once"
                                    : "is missing");
        return false;
    }
    *ret_given = value;
    return hub_check_url(hub, req, name, value, ret_url);
}

bool hub_param_optional(struct wsub_http_request *req,
                        const struct wsub_form *form, const char *name,
                        const char **ret_value)
{
    const char *value = NULL;

    if (wsub_form_find(form, name, &value) > 1) {
        hub_reply_refused(req, 400, "%s is given more than once.", name);
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
    if (given != NULL &&
        strncasecmp(given, scheme, sizeof(scheme) - 1) == 0) {
        given += sizeof(scheme) - 1;
        if (wsub_equal_const_time(given, strlen(given), token,
                                  strlen(token)))
            return true;
    }
    wsub_http_reply_header(req, "WWW-Authenticate", "Bearer");
    hub_reply_refused(req, 401, "A valid bearer token is needed.");
    return false;
}
