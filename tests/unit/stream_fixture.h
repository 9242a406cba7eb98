/* stream_fixture.h - a server whose handlers start streams, and what their owner
 * is told. */
#ifndef WSUB_TESTS_STREAM_FIXTURE_H
#define WSUB_TESTS_STREAM_FIXTURE_H

#include "http_fixture.h"

#include "common/http/stats.h"
#include "common/http/stream.h"

#define STREAM "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"
#define STREAMS 60
#define LARGE_BYTES (4u << 20)

/* What the owner of a stream keeps. */
struct feed {
    struct wsub_http_stream *stream; /* NULL when it was not, or is over */
    size_t gone, drained;            /* so often it was told */
    void (*also)(struct feed *feed); /* when told, once; NULL: nothing */
};

static struct feed feeds[STREAMS];
static size_t count;
static const char *first_words; /* sent by the handler; NULL: none */

FIXTURE void do_also(struct feed *feed)
{
    void (*also)(struct feed *) = feed->also;

    feed->also = NULL;
    if (also != NULL)
        also(feed);
}

FIXTURE void on_gone(void *arg)
{
    struct feed *feed = arg;

    feed->gone++;
    feed->stream = NULL;
    do_also(feed);
}

FIXTURE void on_drained(void *arg)
{
    struct feed *feed = arg;

    feed->drained++;
    ck_assert_uint_eq(wsub_http_stream_unsent(feed->stream), 0);
    do_also(feed);
}

FIXTURE void start_feed(struct wsub_http_request *req)
{
    struct feed *feed = &feeds[count++];
    const struct wsub_http_stream_events events = {on_gone, on_drained, feed};

    *feed = (struct feed){0};
    wsub_http_respond_header(req, "Cache-Control", "no-store");
    feed->stream = wsub_http_stream_start(req, "text/event-stream", &events);
}

FIXTURE void send_text(struct feed *feed, const char *text)
{
    wsub_http_stream_send(feed->stream, text, strlen(text));
}

FIXTURE void end(struct feed *feed)
{
    wsub_http_stream_end(feed->stream);
    feed->stream = NULL;
}

FIXTURE void cut(struct feed *feed)
{
    wsub_http_stream_cut(feed->stream);
    feed->stream = NULL;
}

FIXTURE void on_stream(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    start_feed(req);
    if (first_words != NULL && feeds[count - 1].stream != NULL)
        send_text(&feeds[count - 1], first_words);
}

FIXTURE void on_end_at_once(struct wsub_http_request *req, void *arg)
{
    on_stream(req, arg);
    end(&feeds[count - 1]);
}

FIXTURE void on_cut_at_once(struct wsub_http_request *req, void *arg)
{
    on_stream(req, arg);
    cut(&feeds[count - 1]);
}

FIXTURE void free_server(struct feed *feed)
{
    (void)feed;
    wsub_http_server_free(server);
    server = NULL;
}

FIXTURE void on_free_at_once(struct wsub_http_request *req, void *arg)
{
    on_stream(req, arg);
    free_server(NULL);
    ck_assert_ptr_null(feeds[count - 1].stream);
}

FIXTURE void on_free_before(struct wsub_http_request *req, void *arg)
{
    free_server(NULL);
    on_stream(req, arg);
}

static const struct wsub_http_route stream_routes[] = {
    {"GET", "/hello", on_hello, NULL, 0},
    {"GET", "/later", on_later, NULL, 0},
    {"GET", "/big", on_big, NULL, 0},
    {"GET", "/stream", on_stream, NULL, 0},
    {"POST", "/stream", on_stream, NULL, WSUB_HTTP_BODY_MAX},
    {"GET", "/end", on_end_at_once, NULL, 0},
    {"GET", "/cut", on_cut_at_once, NULL, 0},
    {"GET", "/free", on_free_at_once, NULL, 0},
    {"GET", "/freed", on_free_before, NULL, 0},
    {0},
};

FIXTURE void start_server(uint32_t timeout_ms, uint32_t max_connections)
{
    struct wsub_http_server_options options = options_of_test();

    count = 0;
    first_words = NULL;
    options.routes = stream_routes;
    options.idle_timeout_ms = options.request_timeout_ms = timeout_ms;
    options.max_connections = max_connections;
    start(&options);
}

FIXTURE void set_up(void)
{
    start_server(2 * DEADLINE_MS, 100);
}

/* The handler of the tests' server is to be another one. */
FIXTURE void restart(uint32_t timeout_ms, uint32_t max_connections)
{
    stop();
    start_server(timeout_ms, max_connections);
}

FIXTURE uint64_t streams(void)
{
    return wsub_http_stats[WSUB_HTTP_STAT_STREAMS].value;
}

/* Dials a client and has a stream for it. */
FIXTURE int open_stream(void)
{
    size_t before = count;
    int fd = dial();

    give(fd, STREAM);
    WAIT_FOR(base, count == before + 1);
    ck_assert_ptr_nonnull(feeds[before].stream);
    return fd;
}

/* Reads until the bytes behind the head are these. */
FIXTURE void expect_body(int fd, struct wsub_buf *in, const char *body)
{
    const char *end;

    while ((end = strstr(wsub_buf_cstr(in), "\r\n\r\n")) == NULL ||
           strlen(end + 4) < strlen(body))
        ck_assert_msg(wait_more(fd, in), "only: %s", wsub_buf_cstr(in));
    ck_assert_str_eq(end + 4, body);
}

/* Reads to the end of the connection. */
FIXTURE void read_all(int fd, struct wsub_buf *in)
{
    while (wait_more(fd, in))
        ;
}

FIXTURE void leave(int fd, int how)
{
    if (how == 0)
        close(fd);
    else if (how == 1)
        slam(fd);
    else
        shutdown(fd, SHUT_WR);
}

/* More than the kernel takes. */
FIXTURE void send_large(struct feed *feed)
{
    char *bytes = calloc(1, LARGE_BYTES);

    ck_assert_ptr_nonnull(bytes);
    wsub_http_stream_send(feed->stream, bytes, LARGE_BYTES);
    ck_assert_uint_gt(wsub_http_stream_unsent(feed->stream), 0);
    free(bytes);
}

#endif
