#include "hub/access.h"

#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/url.h"
#include "hub/errors.h"
#include "hub/params.h"

static const char *authorization(const struct wsub_http_request *req)
{
    return wsub_http_header(req, "Authorization");
}

bool hub_access_shows(const struct hub *hub,
                      const struct wsub_http_request *req,
                      enum hub_token_use use)
{
    return hub_tokens_has(hub->tokens, use, authorization(req));
}

bool hub_access_has(const struct hub *hub, const struct wsub_http_request *req,
                    enum hub_token_use use)
{
    return !hub_tokens_needs(hub->tokens, use) ||
           hub_access_shows(hub, req, use);
}

const char *hub_access_of_query(const struct wsub_http_request *req,
                                struct wsub_buf *header)
{
    struct hub_errors errors = {0};
    struct wsub_form query;
    const char *token = NULL;

    if (!hub_params_query(req, &errors, &query)) {
        hub_errors_done(&errors);
        return NULL;
    }
    if (wsub_form_find(&query, "access_token", &token) == 1)
        wsub_buf_printf(header, "Bearer %s", token);
    wsub_form_done(&query);
    return header->data;
}

void hub_access_refuse(struct wsub_http_request *req)
{
    wsub_http_respond_header(req, "WWW-Authenticate", "Bearer");
    hub_refuse(req, HUB_FAULT_TOKEN, NULL, "A valid bearer token is needed.");
}

bool hub_access_check(const struct hub *hub, struct wsub_http_request *req,
                      enum hub_token_use use)
{
    if (hub_access_has(hub, req, use))
        return true;
    hub_access_refuse(req);
    return false;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;

    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (strncmp(host, "127.", 4) == 0 &&
            inet_pton(AF_INET, host, &v4) == 1);
}

static bool leads_to_loopback(const char *text)
{
    struct wsub_url url;

    return wsub_url_parse(text, NULL, &url) == WSUB_URL_FINE &&
           is_loopback(url.host);
}

bool hub_access_is_local(const char *address, const char *public_url)
{
    return (strncmp(address, "127.", 4) == 0 ||
            strncmp(address, "[::1]", 5) == 0) &&
           leads_to_loopback(public_url);
}

/* Whether the request is for a hub at loopback.  A name of the world is what a
 * reverse proxy passes on that adds nothing, or what a page from elsewhere has let
 * lead here; one without a dot is nobody's but this machine's. */
static bool is_for_here(const struct wsub_http_request *req)
{
    const char *host = wsub_http_header(req, "Host");
    struct wsub_buf url = {0};
    bool is_it;

    if (host == NULL || strpbrk(host, ".[") == NULL)
        return true;
    wsub_buf_printf(&url, "http://%s/", host);
    is_it = leads_to_loopback(wsub_buf_cstr(&url));
    wsub_buf_done(&url);
    return is_it;
}

/* Whether a program of this machine has sent it: not a reverse proxy, and no
 * browser for a page from elsewhere, which names its origin in every POST. */
static bool is_from_here(const struct wsub_http_request *req)
{
    static const char *const forwarding[] = {
        "Forwarded",         "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Proto", "X-Real-IP",       "Via",
    };
    const char *origin = wsub_http_header(req, "Origin");

    for (size_t i = 0; i < sizeof(forwarding) / sizeof(forwarding[0]); i++)
        if (wsub_http_header(req, forwarding[i]) != NULL)
            return false;
    return is_for_here(req) && (origin == NULL || leads_to_loopback(origin));
}

bool hub_access_push(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;

    if (hub_tokens_needs(hub->tokens, HUB_TOKEN_PUBLISH))
        return hub_access_check(hub, req, HUB_TOKEN_PUBLISH);
    if (hub->config->publish_open || (hub->is_local && is_from_here(req)))
        return true;
    hub_refuse(req, HUB_FAULT_CLOSED, NULL,
               "Content push is closed: the operator has to set publish_token "
               "(or publish_open=yes, which lets everybody push).");
    return false;
}

static bool is_reading(const struct wsub_http_request *req)
{
    const char *method = wsub_http_method(req);

    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool has_admin_tokens(const struct hub *hub)
{
    return hub_tokens_needs(hub->tokens, HUB_TOKEN_ADMIN) ||
           hub_tokens_needs(hub->tokens, HUB_TOKEN_ADMIN_READ);
}

static void refuse_as_nothing(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_PATH, NULL, "There is nothing at this path.");
}

bool hub_access_dashboard(struct wsub_http_request *req, void *arg)
{
    if (has_admin_tokens(arg))
        return true;
    refuse_as_nothing(req);
    return false;
}

bool hub_access_admin(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;

    if (hub_access_shows(hub, req, HUB_TOKEN_ADMIN))
        return true;
    if (hub_access_shows(hub, req, HUB_TOKEN_ADMIN_READ)) {
        if (is_reading(req))
            return true;
        hub_refuse(req, HUB_FAULT_CLOSED, NULL,
                   "This token is for reading only.");
    } else if (has_admin_tokens(hub)) {
        hub_access_refuse(req);
    } else {
        refuse_as_nothing(req);
    }
    return false;
}

void hub_access_log(const struct hub *hub)
{
    if (hub_tokens_needs(hub->tokens, HUB_TOKEN_PUBLISH))
        wsub_log_info("content-push", WSUB_KV("for", "who has a token"));
    else if (hub->config->publish_open)
        wsub_log_warn("content-push", WSUB_KV("for", "everybody"),
                      WSUB_KV("why", "publish_open=yes"));
    else if (hub->is_local)
        wsub_log_info("content-push", WSUB_KV("for", "this machine"),
                      WSUB_KV("why", "listen and public_url are on loopback"));
    else
        wsub_log_info("content-push", WSUB_KV("for", "nobody"),
                      WSUB_KV("remedy", "set publish_token"));
}
