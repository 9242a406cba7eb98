#include "common/http/route.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/http/incoming.h"
#include "common/http/request.h"
#include "common/http/respond.h"

void wsub_http_route_limit(struct wsub_http_request *req, size_t bytes)
{
    req->body_max = bytes;
}

static bool serves(const struct wsub_http_route *route, const char *method)
{
    if (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0)
        return true;
    return strcmp(route->method, method) == 0;
}

static bool matches(const char *pattern, const char *path)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*') {
            size_t len = strcspn(path, "/");

            if (len == 0)
                return false;
            path += len;
        } else if (*pattern != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

bool wsub_http_route_segment(const struct wsub_http_request *req,
                             unsigned number, char *ret_text, size_t size)
{
    const char *segment = wsub_http_path(req) + 1;
    size_t len;

    for (; number > 0; number--) {
        segment = strchr(segment, '/');
        if (segment == NULL)
            return false;
        segment++;
    }
    len = strcspn(segment, "/");
    if (len >= size)
        return false;
    memcpy(ret_text, segment, len);
    ret_text[len] = '\0';
    return true;
}

/* Adds a method that is not there yet. */
static void add_allowed(struct wsub_buf *allow, const char *method)
{
    if (allow->len > 0 && strstr(allow->data, method) != NULL)
        return;
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

/* All that are served at the request's path; none at an unknown one. */
static void add_all_allowed(const struct wsub_http_route *routes,
                            const char *path, struct wsub_buf *allow)
{
    bool any = strcmp(path, "*") == 0;

    for (const struct wsub_http_route *r = routes; r->path != NULL; r++)
        if (any || matches(r->path, path))
            add_allowed(allow, r->method);
    if (allow->len > 0)
        add_allowed(allow, "OPTIONS");
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

/* Responds to a request that no route takes. */
static void respond_stray(const struct wsub_http_route *routes,
                          wsub_http_stray_handler *on_stray,
                          struct wsub_http_request *req, void *arg)
{
    struct wsub_buf allow = {0};

    add_all_allowed(routes, wsub_http_path(req), &allow);
    if (allow.len > 0 && strcmp(wsub_http_method(req), "OPTIONS") == 0) {
        wsub_http_respond_header(req, "Allow", allow.data);
        wsub_http_respond(req, 204, NULL, NULL, 0);
    } else {
        refuse(on_stray, req, &allow, arg);
    }
    wsub_buf_done(&allow);
}

const struct wsub_http_route *
wsub_http_route_find(const struct wsub_http_route *routes,
                     wsub_http_stray_handler *on_stray,
                     struct wsub_http_request *req, void *arg)
{
    const char *path = wsub_http_path(req);
    const char *method = wsub_http_method(req);

    for (const struct wsub_http_route *r = routes; r->path != NULL; r++) {
        if (!serves(r, method) || !matches(r->path, path))
            continue;
        req->matched = (size_t)(r - routes) + 1;
        return r->check == NULL || r->check(req, arg) ? r : NULL;
    }
    respond_stray(routes, on_stray, req, arg);
    return NULL;
}
