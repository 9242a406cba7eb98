#include "bench/h2.h"

#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define STREAMS_MAX 1024
#define WINDOW_BYTES (16 << 20) /* never what a client waits for */

struct bench_h2 {
    nghttp2_session *session; /* owned */
    bench_h2_post on_post;
    void *arg;
};

/* A request that is coming in. */
struct stream {
    struct wsub_buf path, body;
};

static void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    wsub_buf_done(&stream->path);
    wsub_buf_done(&stream->body);
    free(stream);
}

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id,
                                         wsub_calloc(1, sizeof(struct stream)));
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_len, const uint8_t *value,
                     size_t value_len, uint8_t flags, void *arg)
{
    struct stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    (void)flags;
    (void)arg;
    if (stream != NULL && name_len == 5 && memcmp(name, ":path", 5) == 0)
        wsub_buf_add(&stream->path, value, value_len);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *data, size_t len, void *arg)
{
    struct stream *stream = nghttp2_session_get_stream_user_data(session, id);

    (void)flags;
    (void)arg;
    if (stream != NULL)
        wsub_buf_add(&stream->body, data, len);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *arg)
{
    static uint8_t name[] = ":status", value[] = "204";
    nghttp2_nv status = {name, value, sizeof(name) - 1, sizeof(value) - 1,
                         NGHTTP2_NV_FLAG_NONE};
    struct bench_h2 *h2 = arg;
    struct stream *stream;

    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 ||
        (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
        return 0;
    stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    h2->on_post(wsub_buf_cstr(&stream->path), stream->path.len,
                wsub_buf_cstr(&stream->body), stream->body.len, h2->arg);
    return nghttp2_submit_response(session, frame->hd.stream_id, &status, 1,
                                   NULL);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code,
                           void *arg)
{
    (void)code;
    (void)arg;
    stream_free(nghttp2_session_get_stream_user_data(session, id));
    nghttp2_session_set_stream_user_data(session, id, NULL);
    return 0;
}

/* libcurl 7.88 resets each stream that has been answered; more than some
 * thousand of these would be taken for an attack. */
#define RESETS_MAX UINT64_C(1000000000)

static nghttp2_session *session_new(struct bench_h2 *h2)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_option *option;

    if (nghttp2_session_callbacks_new(&callbacks) != 0 ||
        nghttp2_option_new(&option) != 0)
        wsub_panic("out of memory (HTTP/2)");
    nghttp2_option_set_stream_reset_rate_limit(option, RESETS_MAX, RESETS_MAX);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           on_stream_close);
    if (nghttp2_session_server_new2(&session, callbacks, h2, option) != 0)
        wsub_panic("out of memory (HTTP/2)");
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

struct bench_h2 *bench_h2_new(bench_h2_post on_post, void *arg)
{
    struct bench_h2 *h2 = wsub_calloc(1, sizeof(*h2));
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};

    h2->on_post = on_post;
    h2->arg = arg;
    h2->session = session_new(h2);
    nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings,
                            sizeof(settings) / sizeof(settings[0]));
    nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
                                          WINDOW_BYTES);
    return h2;
}

void bench_h2_free(struct bench_h2 *h2)
{
    if (h2 == NULL)
        return;
    nghttp2_session_del(h2->session);
    free(h2);
}

bool bench_h2_feed(struct bench_h2 *h2, const char *data, size_t len,
                   struct wsub_buf *out)
{
    const uint8_t *ready;
    ssize_t size;

    if (nghttp2_session_mem_recv(h2->session, (const uint8_t *)data, len) !=
        (ssize_t)len)
        return false;
    while ((size = nghttp2_session_mem_send(h2->session, &ready)) > 0)
        wsub_buf_add(out, ready, (size_t)size);
    return size == 0;
}
