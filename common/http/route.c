#include "common/http/route.h"

#include <string.h>

#include "common/base/buf.h"

static bool serves(const struct wsub_http_route *route, const char *method)
{
    if (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0)
        return true;
    return strcmp(route->method, method) == 0;
}

static void add_allowed(struct wsub_buf *allow, const char *method)
{
    if (allow->len > 0)
        wsub_buf_str(allow, ", ");
    wsub_buf_str(allow, method);
    if (strcmp(method, "GET") == 0)
        wsub_buf_str(allow, ", HEAD");
}

static void refuse_method(struct wsub_http_request *req, struct wsub_buf *allow)
{
    wsub_http_reply_header(req, "Allow", wsub_buf_cstr(allow));
    wsub_http_reply_text(req, 405, "%s is not served here, only %s.",
                         wsub_http_method(req), wsub_buf_cstr(allow));
}

void wsub_http_route(const struct wsub_http_route *routes,
                     struct wsub_http_request *req, void *arg)
{
    const char *path = wsub_http_path(req);
    const char *method = wsub_http_method(req);
    struct wsub_buf allow = {0};

    for (const struct wsub_http_route *r = routes; r->path != NULL; r++) {
        if (strcmp(r->path, path) != 0)
            continue;
        if (serves(r, method)) {
            wsub_buf_done(&allow);
            r->handler(req, arg);
            return;
        }
        add_allowed(&allow, r->method);
    }
    if (allow.len > 0)
        refuse_method(req, &allow);
    else
        wsub_http_reply_text(req, 404, "There is nothing at this path.");
    wsub_buf_done(&allow);
}
