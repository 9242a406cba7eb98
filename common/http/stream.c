#include "common/http/stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "common/base/mem.h"
#include "common/http/connection.h"
#include "common/http/incoming.h"
#include "common/http/pool.h"
#include "common/http/response.h"

#define LAST_CHUNK "0\r\n\r\n"

struct wsub_http_stream {
    struct wsub_http_connection *conn; /* borrowed; outlives the stream */
    struct wsub_http_stream_events events;
    bool chunked;
};

static void on_gone(void *arg)
{
    struct wsub_http_stream *stream = arg;

    stream->events.on_gone(stream->events.arg);
    free(stream);
}

static void on_drained(void *arg)
{
    const struct wsub_http_stream *stream = arg;

    if (stream->events.on_drained != NULL)
        stream->events.on_drained(stream->events.arg);
}

struct wsub_http_stream *
wsub_http_stream_start(struct wsub_http_request *req, const char *content_type,
                       const struct wsub_http_stream_events *events)
{
    struct wsub_http_stream *stream = wsub_calloc(1, sizeof(*stream));
    const struct wsub_http_streamer streamer = {on_gone, on_drained, stream};
    struct wsub_http_response_message response = {
        .status = 200,
        .content_type = content_type,
        .headers = &req->response_headers,
        .endless = true,
        .chunked = req->head.minor > 0,
    };

    if (!req->handled)
        wsub_panic("a request got two responses");
    *stream = (struct wsub_http_stream){req->conn, *events, response.chunked};
    req->handled = false;
    req->on_gone = NULL;
    wsub_http_incoming_tell_response(req, response.status);
    if (req->conn == NULL)
        wsub_http_incoming_free(req);
    else if (wsub_http_connection_stream(req->conn, &response, &streamer))
        return stream;
    free(stream);
    return NULL;
}

void wsub_http_stream_send(struct wsub_http_stream *stream, const void *bytes,
                           size_t len)
{
    char size[2 * sizeof(len) + 3];
    int size_len = snprintf(size, sizeof(size), "%zx\r\n", len);
    struct iovec pieces[] = {
        {size, (size_t)size_len},
        {(void *)(uintptr_t)bytes, len},
        {"\r\n", 2},
    };

    if (len == 0) /* a chunk of no bytes would be the last one */
        return;
    if (stream->chunked)
        wsub_http_connection_send(stream->conn, pieces, 3);
    else
        wsub_http_connection_send(stream->conn, pieces + 1, 1);
}

size_t wsub_http_stream_unsent(const struct wsub_http_stream *stream)
{
    return wsub_http_connection_unsent(stream->conn);
}

void wsub_http_stream_end(struct wsub_http_stream *stream)
{
    wsub_http_connection_end(stream->conn, stream->chunked ? LAST_CHUNK : "");
    free(stream);
}

void wsub_http_stream_cut(struct wsub_http_stream *stream)
{
    wsub_http_connection_cut(stream->conn);
    free(stream);
}
