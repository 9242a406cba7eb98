#include "hub/cors.h"

#include "common/http/cors.h"
#include "common/http/request.h"
#include "common/http/respond.h"

#define PREFLIGHT_LASTS_S "600"

static bool is_allowed(const struct hub *hub,
                       const struct wsub_http_request *req)
{
    const char *origin = wsub_http_header(req, "Origin");

    return origin != NULL && wsub_cors_has(hub->config->cors_origins, origin);
}

void hub_cors_allow(const struct hub *hub, struct wsub_http_request *req)
{
    if (hub->config->cors_origins[0] == '\0')
        return;
    wsub_http_respond_header(req, "Vary", "Origin");
    if (!is_allowed(hub, req))
        return;
    wsub_http_respond_header(req, "Access-Control-Allow-Origin",
                             wsub_http_header(req, "Origin"));
    wsub_http_respond_header(req, "Access-Control-Expose-Headers",
                             "Link, Retry-After");
}

void hub_cors_preflight(const struct hub *hub, struct wsub_http_request *req,
                        const char *methods)
{
    hub_cors_allow(hub, req);
    if (is_allowed(hub, req)) {
        wsub_http_respond_header(req, "Access-Control-Allow-Methods", methods);
        wsub_http_respond_header(req, "Access-Control-Allow-Headers",
                                 "Authorization, Content-Type, Last-Event-ID");
        wsub_http_respond_header(req, "Access-Control-Max-Age",
                                 PREFLIGHT_LASTS_S);
    }
    wsub_http_respond_header(req, "Allow", methods);
    wsub_http_respond(req, 204, NULL, NULL, 0);
}
