/* parts.h - bodies that come in parts.
 *
 * Where the check of a route says so its handler is given the body piece by piece, so
 * that its size has no bound and its memory has one:
 *
 *   handler(req) --next_part()--> on_part(req) --next_part()--> ... --> respond()
 *                     |  on_cut: the client is gone, was too slow, or sent what is
 *                     '------->  no body; the request is over, nobody responds
 *
 * Each part has the time of a whole request to arrive.  The handler may respond
 * before the last part: the connection is closed behind the response then. */
#ifndef WSUB_HTTP_PARTS_H
#define WSUB_HTTP_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/http/on_part.h"

struct wsub_http_request;

/* For a check: the body of this request comes in parts of so many bytes, or somewhat
 * more, whatever the route and the server take. */
void wsub_http_take_parts(struct wsub_http_request *req, size_t bytes);

/* Whether wsub_http_body() has the end of the body. */
bool wsub_http_is_last_part(const struct wsub_http_request *req);

/* In place of a response, of a part that is not the last one: it is done with, and what
 * wsub_http_body() returned is gone.  One of `parts` is called, once. */
void wsub_http_next_part(struct wsub_http_request *req,
                         const struct wsub_http_parts *parts);

#endif
