#include "common/http/respond.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/connection.h"
#include "common/http/incoming.h"
#include "common/http/response.h"
#include "common/http/told.h"

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

bool wsub_http_watch(struct wsub_http_request *req, void (*on_gone)(void *arg),
                     void *arg)
{
    if (!req->handled)
        wsub_panic("a request is watched that has its response");
    if (req->conn == NULL || !wsub_http_connection_may_wait(req->conn))
        return false;
    req->on_gone = on_gone;
    req->on_gone_arg = arg;
    wsub_http_connection_wait(req->conn);
    return true;
}

/* `told` may be NULL. */
static void respond(struct wsub_http_request *req,
                    struct wsub_http_response_message *response,
                    struct wsub_http_told *told)
{
    if (!req->handled)
        wsub_panic("a request got two responses");
    if (response->status < 200 || response->status > 599)
        wsub_panic("%d is no status of a response", response->status);
    req->handled = false;
    req->on_gone = NULL;
    req->parts = (struct wsub_http_parts){0};
    wsub_http_incoming_tell_response(req, response->status);
    if (req->conn != NULL) {
        wsub_http_connection_respond(req->conn, response, told);
        return;
    }
    wsub_http_incoming_free(req);
    if (told != NULL)
        wsub_http_told_tell(told, false);
}

static struct wsub_http_response_message
message_of(const struct wsub_http_request *req, int status,
           const char *content_type, const void *body, size_t len)
{
    return (struct wsub_http_response_message){
        .status = status,
        .content_type = content_type,
        .headers = &req->response_headers,
        .body = body,
        .len = len,
    };
}

void wsub_http_respond(struct wsub_http_request *req, int status,
                       const char *content_type, const void *body, size_t len)
{
    struct wsub_http_response_message response =
        message_of(req, status, content_type, body, len);

    respond(req, &response, NULL);
}

void wsub_http_respond_told(struct wsub_http_request *req, int status,
                            const char *content_type, const void *body,
                            size_t len,
                            void (*on_written)(bool written, void *arg),
                            void *arg)
{
    struct wsub_http_response_message response =
        message_of(req, status, content_type, body, len);

    respond(req, &response, wsub_http_told_new(on_written, arg));
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
