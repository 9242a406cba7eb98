/* request.h - one request to the HTTP server, as its handler sees it.
 *
 * The server keeps the request, and the strings that the getters return, until
 * the handler has responded (respond.h). */
#ifndef WSUB_HTTP_REQUEST_H
#define WSUB_HTTP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct wsub_http_request;

/* "GET", "POST", ... */
const char *wsub_http_method(const struct wsub_http_request *req);
/* The path without the query, as sent. */
const char *wsub_http_path(const struct wsub_http_request *req);
/* The query without '?', as sent; NULL when there is no '?'. */
const char *wsub_http_query(const struct wsub_http_request *req);
/* A header's value (name in any case), or NULL; the values of repeated
 * headers are joined with ", ". */
const char *wsub_http_header(const struct wsub_http_request *req,
                             const char *name);
/* The address at the other end of the connection, as listen.h writes it; "unix"
 * for a client of a unix socket. */
const char *wsub_http_peer(const struct wsub_http_request *req);
/* The body; never NULL; a zero byte stands behind it. */
const char *wsub_http_body(const struct wsub_http_request *req,
                           size_t *ret_len);
/* How many bytes of the body have come, those of parts that are done with too. */
uint64_t wsub_http_body_came(const struct wsub_http_request *req);

#endif
