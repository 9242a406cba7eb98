#include "common/http/route.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/http/request.h"
#include "common/http/respond.h"

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

/* Writes why no route takes the request; returns the status. */
static int explain(struct wsub_http_request *req, struct wsub_buf *allow,
                   struct wsub_buf *sentence)
{
    if (allow->len == 0) {
        wsub_buf_str(sentence, "There is nothing at this path.");
        return 404;
    }
    wsub_http_respond_header(req, "Allow", wsub_buf_cstr(allow));
    wsub_buf_printf(sentence, "%s is not served here, only %s.",
                    wsub_http_method(req), wsub_buf_cstr(allow));
    return 405;
}

static void refuse(wsub_http_stray_handler *on_stray,
                   struct wsub_http_request *req, struct wsub_buf *allow,
                   void *arg)
{
    struct wsub_buf sentence = {0};
    int status = explain(req, allow, &sentence);

    if (on_stray != NULL)
        on_stray(req, status, sentence.data, arg);
    else
        wsub_http_respond_text(req, status, "%s", sentence.data);
    wsub_buf_done(&sentence);
}

void wsub_http_route(const struct wsub_http_route *routes,
                     wsub_http_stray_handler *on_stray,
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
    refuse(on_stray, req, &allow, arg);
    wsub_buf_done(&allow);
}
