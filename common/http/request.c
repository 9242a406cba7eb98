#include "common/http/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/http/incoming.h"

static char *at(const struct wsub_http_request *req, size_t position)
{
    return req->in.data + req->start + position;
}

static const char *keep(const struct wsub_http_request *req, char *value)
{
    struct wsub_http_joined *j = wsub_calloc(1, sizeof(*j));

    j->value = value;
    j->next = req->joined->next;
    req->joined->next = j;
    return value;
}

static bool is_named(const struct wsub_http_request *req, size_t i,
                     const char *name, size_t len)
{
    const struct wsub_http_span *given = &req->head.fields[i].name;

    return given->len == len && strncasecmp(at(req, given->at), name, len) == 0;
}

static const char *join(const struct wsub_http_request *req, const char *name)
{
    struct wsub_buf all = {0};
    size_t len = strlen(name);
    bool first = true;

    for (size_t i = 0; i < req->head.count; i++) {
        if (!is_named(req, i, name, len))
            continue;
        if (!first)
            wsub_buf_str(&all, ", ");
        first = false;
        wsub_buf_str(&all, at(req, req->head.fields[i].value.at));
    }
    return keep(req, wsub_buf_take(&all));
}

const char *wsub_http_header(const struct wsub_http_request *req,
                             const char *name)
{
    const char *value = NULL;
    size_t len = strlen(name);

    for (size_t i = 0; i < req->head.count; i++) {
        if (!is_named(req, i, name, len))
            continue;
        if (value != NULL)
            return join(req, name);
        value = at(req, req->head.fields[i].value.at);
    }
    return value;
}

const char *wsub_http_method(const struct wsub_http_request *req)
{
    return req->head.method;
}

const char *wsub_http_path(const struct wsub_http_request *req)
{
    if (req->framing.path.len == 0)
        return "/";
    return at(req, req->framing.path.at);
}

const char *wsub_http_query(const struct wsub_http_request *req)
{
    return req->framing.has_query ? at(req, req->framing.query.at) : NULL;
}

const char *wsub_http_peer(const struct wsub_http_request *req)
{
    return req->peer;
}

uint64_t wsub_http_body_came(const struct wsub_http_request *req)
{
    return req->dropped_bytes + req->body_bytes;
}

const char *wsub_http_body(const struct wsub_http_request *req, size_t *ret_len)
{
    *ret_len = req->body_bytes;
    return at(req, req->body);
}
