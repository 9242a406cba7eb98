#include "common/http/respond.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/connection.h"
#include "common/http/incoming.h"
#include "common/http/response.h"

#define TEXT_MAX_BYTES 1024 /* of a sentence; longer ones are cut */

void wsub_http_respond_header(struct wsub_http_request *req, const char *name,
                              const char *value)
{
    struct wsub_buf *lines = &req->response_headers;

    if (strpbrk(name, "\r\n:") != NULL || strpbrk(value, "\r\n") != NULL)
        wsub_panic("a line end in the header %s of a response", name);
    wsub_buf_str(lines, name);
    wsub_buf_str(lines, ": ");
    wsub_buf_str(lines, value);
    wsub_buf_str(lines, "\r\n");
}

void wsub_http_respond(struct wsub_http_request *req, int status,
                       const char *content_type, const void *body, size_t len)
{
    struct wsub_http_response_message response = {
        .status = status,
        .content_type = content_type,
        .headers = &req->response_headers,
        .body = body,
        .len = len,
    };

    if (!req->handled)
        wsub_panic("a request got two responses");
    if (status < 200 || status > 599)
        wsub_panic("%d is no status of a response", status);
    req->handled = false;
    if (req->conn == NULL)
        wsub_http_incoming_free(req);
    else
        wsub_http_connection_respond(req->conn, &response);
}

void wsub_http_respond_text(struct wsub_http_request *req, int status,
                            const char *format, ...)
{
    char text[TEXT_MAX_BYTES + 2];
    va_list args;
    size_t len;

    va_start(args, format);
    vsnprintf(text, TEXT_MAX_BYTES, format, args);
    va_end(args);
    len = strlen(text);
    text[len++] = '\n';
    wsub_http_respond(req, status, "text/plain; charset=utf-8", text, len);
}
