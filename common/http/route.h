/* route.h - which handler serves a method and a path.
 *
 * Routes are a table; 404, 405 with Allow, and the response to OPTIONS fall
 * out of it.  The route is found, and decides who may send a body and how
 * large it may be, once the head of a request is there: nothing of a body is
 * read, and no 100 Continue is sent, for a request that is refused anyway (RFC
 * 9110 section 10.1.1). */
#ifndef WSUB_HTTP_ROUTE_H
#define WSUB_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wsub_http_request;

/* Handles one request: it responds exactly once (respond.h), at once or later;
 * until then `req` and all that its getters return stay valid. */
typedef void wsub_http_handler(struct wsub_http_request *req, void *arg);

/* Checks the head of a request, whose body has not come: getters work, but for
 * wsub_http_body().  False when it has responded, at once, in place of the
 * handler; it must not free the server. */
typedef bool wsub_http_check(struct wsub_http_request *req, void *arg);

/* Responds to a request that no route takes, in place of a text: `status` is
 * 404, or 405 (Allow is added already), `sentence` says so.  As a handler it
 * responds exactly once. */
typedef void wsub_http_stray_handler(struct wsub_http_request *req, int status,
                                     const char *sentence, void *arg);

/* For a check: the body of this request may have `bytes` at most, less than what
 * its route takes. */
void wsub_http_route_limit(struct wsub_http_request *req, size_t bytes);

struct wsub_http_route {
    /* "GET" serves HEAD too; "OPTIONS" is served in place of the response that
     * falls out of the table. */
    const char *method;
    /* The path without its query; a segment `*` stands for any, but an empty
     * one. */
    const char *path;
    wsub_http_handler *handler;
    wsub_http_check *check; /* NULL: everyone may */
    /* A larger body is a 413; never more than the server takes.  0: the
     * handler looks at none, and a small one is read and dropped. */
    size_t max_body_bytes;
};

/* As large as the server takes it. */
#define WSUB_HTTP_BODY_MAX SIZE_MAX

/* Finds the route of a request whose head is there, and has its check made,
 * with `arg`.  `routes` ends with { 0 }.  NULL when the request has its
 * response already: from the check, from `on_stray` with 404 or 405 (a text
 * where there is none), or 204 to OPTIONS. */
const struct wsub_http_route *
wsub_http_route_find(const struct wsub_http_route *routes,
                     wsub_http_stray_handler *on_stray,
                     struct wsub_http_request *req, void *arg);

/* Copies segment `number` of the request's path, counted from 0; false when
 * there is none, or `size` is too small for it. */
bool wsub_http_route_segment(const struct wsub_http_request *req,
                             unsigned number, char *ret_text, size_t size);

#endif
