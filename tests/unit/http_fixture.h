/* http_fixture.h - a server and its raw clients in one process.
 *
 * The loop turns only while a client waits, so that a test decides what the
 * server has seen.  Waiting is for a condition, with a deadline that only a
 * bug reaches. */
#ifndef WSUB_TESTS_HTTP_FIXTURE_H
#define WSUB_TESTS_HTTP_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/listen.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/route.h"
#include "common/http/server.h"
#include "wait.h"

#define MAX_BODY 1000
#define BIG_BYTES (8u << 20) /* more than the kernel's socket buffers */
#define FIXTURE __attribute__((unused)) static

static struct event_base *base;
static struct wsub_http_server *server;
static struct wsub_http_request *waiting[8]; /* not answered yet */
static size_t waiting_count;
static size_t asked; /* requests given to handlers */
static size_t emptied;

static void on_hello(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    asked++;
    wsub_http_respond_text(req, 200, "hello");
}

static const char *or_none(const char *text)
{
    return text == NULL ? "none" : text;
}

static void on_echo(struct wsub_http_request *req, void *arg)
{
    size_t len;
    const char *body = wsub_http_body(req, &len);
    struct wsub_buf text = {0};

    (void)arg;
    asked++;
    ck_assert_int_eq(body[len], '\0');
    wsub_buf_printf(&text, "%s %s ?%s x=%s ", wsub_http_method(req),
                    wsub_http_path(req), or_none(wsub_http_query(req)),
                    or_none(wsub_http_header(req, "x-test")));
    wsub_buf_add(&text, body, len);
    wsub_http_respond_header(req, "X-Echo", "yes");
    wsub_http_respond(req, 202, "text/plain", text.data, text.len);
    wsub_buf_done(&text);
}

static void on_later(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    asked++;
    waiting[waiting_count++] = req;
}

static void on_big(struct wsub_http_request *req, void *arg)
{
    char *body = calloc(1, BIG_BYTES);

    (void)arg;
    asked++;
    ck_assert_ptr_nonnull(body);
    memset(body, 'x', BIG_BYTES);
    wsub_http_respond(req, 200, "text/plain", body, BIG_BYTES);
    free(body);
}

static void on_free(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_http_server_free(server);
    server = NULL;
    wsub_http_respond_text(req, 200, "too late");
}

static void on_free_later(struct wsub_http_request *req, void *arg)
{
    wsub_http_server_free(server);
    server = NULL;
    on_later(req, arg);
}

static void on_nothing(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_http_respond(req, 204, NULL, NULL, 0);
}

static void on_preflight(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_http_respond_header(req, "Access-Control-Allow-Origin", "*");
    wsub_http_respond(req, 204, NULL, NULL, 0);
}

static void on_segment(struct wsub_http_request *req, void *arg)
{
    char text[8];

    (void)arg;
    if (wsub_http_route_segment(req, 1, text, sizeof(text)))
        wsub_http_respond_text(req, 200, "of %s", text);
    else
        wsub_http_respond_text(req, 200, "too long");
}

/* Answers the request that waits longest. */
FIXTURE void answer_next(const char *text)
{
    struct wsub_http_request *req = waiting[0];

    ck_assert_uint_gt(waiting_count, 0);
    memmove(waiting, waiting + 1, sizeof(waiting) - sizeof(waiting[0]));
    waiting_count--;
    wsub_http_respond_text(req, 200, "%s", text);
}

static const struct wsub_http_route routes[] = {
    {"GET", "/hello", on_hello, NULL, 0},
    {"GET", "/echo", on_echo, NULL, 0},
    {"POST", "/echo", on_echo, NULL, WSUB_HTTP_BODY_MAX},
    {"GET", "/", on_echo, NULL, 0},
    {"GET", "/later", on_later, NULL, 0},
    {"POST", "/later", on_later, NULL, WSUB_HTTP_BODY_MAX},
    {"GET", "/big", on_big, NULL, 0},
    {"GET", "/free", on_free, NULL, 0},
    {"GET", "/drop", on_free_later, NULL, 0},
    {"DELETE", "/nothing", on_nothing, NULL, 0},
    {"GET", "/of/*/all", on_segment, NULL, 0},
    {"POST", "/shared", on_echo, NULL, WSUB_HTTP_BODY_MAX},
    {"OPTIONS", "/shared", on_preflight, NULL, 0},
    {0},
};

FIXTURE struct wsub_http_server_options options_of_test(void)
{
    return (struct wsub_http_server_options){
        .listen = "127.0.0.1:0",
        .routes = routes,
        .max_body_bytes = MAX_BODY,
        .max_connections = 100,
        .request_timeout_ms = DEADLINE_MS * 2,
        .idle_timeout_ms = DEADLINE_MS * 2,
    };
}

FIXTURE void start(const struct wsub_http_server_options *options)
{
    char err_text[256] = "";

    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    signal(SIGPIPE, SIG_IGN); /* as wsub_loop_new() does */
    asked = waiting_count = emptied = 0;
    base = event_base_new();
    ck_assert_int_eq(wsub_http_server_new(base, options, err_text, &server),
                     WSUB_OK);
}

FIXTURE void start_plain(void)
{
    struct wsub_http_server_options options = options_of_test();

    start(&options);
}

FIXTURE void stop(void)
{
    wsub_http_server_free(server);
    server = NULL;
    event_base_free(base);
}

FIXTURE void turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

/* All that is on its way over loopback is dealt with after a few turns. */
FIXTURE void turn_some(void)
{
    for (int i = 0; i < 5; i++)
        turn();
}

FIXTURE void on_empty_of_test(void *arg)
{
    (void)arg;
    emptied++;
}

FIXTURE int dial_address(const char *text)
{
    struct sockaddr_storage address;
    socklen_t len;
    int fd, on = 1;

    ck_assert_int_eq(wsub_http_listen_parse(text, &address, &len), WSUB_OK);
    fd = socket(address.ss_family, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, len), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

FIXTURE int dial(void)
{
    return dial_address(wsub_http_server_address(server));
}

FIXTURE void give_bytes(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        ck_assert_msg(n >= 0 || errno == EAGAIN, "send: %s", strerror(errno));
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
        turn();
    }
}

FIXTURE void give(int fd, const char *text)
{
    give_bytes(fd, text, strlen(text));
}

/* Reads what is there; false at the end of the stream. */
FIXTURE bool take_some(int fd, struct wsub_buf *in)
{
    char bytes[65536];
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n > 0)
        wsub_buf_add(in, bytes, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

FIXTURE bool nothing_came(int fd)
{
    char byte;

    turn_some();
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/* Waits for more bytes; false at the end of the stream. */
FIXTURE bool wait_more(int fd, struct wsub_buf *in)
{
    size_t before = in->len;
    uint64_t until = wsub_now_ms() + DEADLINE_MS;

    while (in->len == before) {
        struct pollfd one = {.fd = fd, .events = POLLIN};

        ck_assert_msg(wsub_now_ms() < until, "the server does not answer");
        turn();
        poll(&one, 1, 1);
        if (!take_some(fd, in))
            return false;
    }
    return true;
}

/* How long the answer at the beginning of `in` is; 0 when not all of it is
 * there. */
FIXTURE size_t answer_len(const struct wsub_buf *in, bool head_only)
{
    const char *end = strstr(wsub_buf_cstr(in), "\r\n\r\n");
    const char *length = strstr(wsub_buf_cstr(in), "\r\nContent-Length: ");
    size_t body = 0, head;

    if (end == NULL)
        return 0;
    head = (size_t)(end + 4 - in->data);
    if (length != NULL && length < end && !head_only)
        body = strtoul(length + 18, NULL, 10);
    return in->len >= head + body ? head + body : 0;
}

/* Takes one answer off `in`, reading on as needed; returns its status, 0 when
 * the stream ends before.  `text` gets the answer. */
FIXTURE int take_answer(int fd, struct wsub_buf *in, bool head_only,
                        struct wsub_buf *text)
{
    size_t len;

    while ((len = answer_len(in, head_only)) == 0)
        if (!wait_more(fd, in))
            return 0;
    wsub_buf_clear(text);
    wsub_buf_add(text, in->data, len);
    memmove(in->data, in->data + len, in->len - len + 1);
    in->len -= len;
    ck_assert_int_eq(strncmp(text->data, "HTTP/1.1 ", 9), 0);
    return (int)strtol(text->data + 9, NULL, 10);
}

/* The same when nothing else of the answer matters. */
FIXTURE int take_status(int fd)
{
    struct wsub_buf in = {0}, text = {0};
    int status = take_answer(fd, &in, false, &text);

    ck_assert_uint_eq(in.len, 0);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    return status;
}

FIXTURE bool is_ended(int fd)
{
    struct wsub_buf in = {0};
    bool more = wait_more(fd, &in);

    ck_assert_msg(!more, "not ended but: %s", wsub_buf_cstr(&in));
    wsub_buf_done(&in);
    return true;
}

/* Closes with a reset. */
FIXTURE void slam(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

FIXTURE void drain_and_wait(void)
{
    wsub_http_server_drain(server, on_empty_of_test, NULL);
    ck_assert_uint_eq(emptied, 0);
    WAIT_FOR(base, emptied == 1);
}

#define HELLO "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
#define LATER "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
#define BIG "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"

#endif
