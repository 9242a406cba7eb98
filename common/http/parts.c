#include "common/http/parts.h"

#include "common/base/mem.h"
#include "common/http/connection.h"
#include "common/http/incoming.h"

void wsub_http_take_parts(struct wsub_http_request *req, size_t bytes)
{
    req->part_max = bytes;
}

bool wsub_http_is_last_part(const struct wsub_http_request *req)
{
    return req->stage == WSUB_HTTP_STAGE_COMPLETE;
}

void wsub_http_next_part(struct wsub_http_request *req,
                         const struct wsub_http_parts *parts)
{
    if (!req->handled || wsub_http_is_last_part(req))
        wsub_panic("a part is wanted of a body that has none");
    req->handled = false;
    req->parts = *parts;
    if (req->conn != NULL)
        wsub_http_connection_next_part(req->conn);
    else
        wsub_http_incoming_free(req);
}
