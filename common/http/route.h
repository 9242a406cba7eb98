/* route.h - which handler serves a method and a path.
 *
 * Internal to the HTTP server. */
#ifndef WSUB_HTTP_ROUTE_H
#define WSUB_HTTP_ROUTE_H

#include "common/http/server.h"

/* Gives the request to its handler; with 404 or 405 to `on_stray`, or answers
 * them itself without one. */
void wsub_http_route(const struct wsub_http_route *routes,
                     wsub_http_stray_handler *on_stray,
                     struct wsub_http_request *req, void *arg);

#endif
