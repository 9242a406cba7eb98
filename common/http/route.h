/* route.h - which handler serves a method and a path.
 *
 * Routes are a table; 404, and 405 with Allow, fall out of it. */
#ifndef WSUB_HTTP_ROUTE_H
#define WSUB_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct wsub_http_request;

/* Handles one request: it responds exactly once (respond.h), at once or later;
 * until then `req` and all that its getters return stay valid. */
typedef void wsub_http_handler(struct wsub_http_request *req, void *arg);

/* Responds to a request that no route takes, in place of a text: `status` is
 * 404, or 405 (Allow is added already), `sentence` says so.  As a handler it
 * responds exactly once. */
typedef void wsub_http_stray_handler(struct wsub_http_request *req, int status,
                                     const char *sentence, void *arg);

struct wsub_http_route {
    const char *method; /* "GET" serves HEAD too */
    /* The path without its query; a segment `*` stands for any, but an empty
     * one. */
    const char *path;
    wsub_http_handler *handler;
};

/* Gives the request to the handler of its route, with `arg`.  `routes` ends
 * with { 0 }.  A request without a route goes to `on_stray` with 404 or 405,
 * or gets a text where there is none. */
void wsub_http_route(const struct wsub_http_route *routes,
                     wsub_http_stray_handler *on_stray,
                     struct wsub_http_request *req, void *arg);

/* Copies segment `number` of the request's path, counted from 0; false when
 * there is none, or `size` is too small for it. */
bool wsub_http_route_segment(const struct wsub_http_request *req,
                             unsigned number, char *ret_text, size_t size);

#endif
