/* sink.c - bench-sink: a subscriber that does nothing but count.
 *
 *   bench-sink [--wildcard]
 *
 * One thread, one epoll, kept-alive connections, no allocation per request.
 * It prints "listening PORT" and serves until SIGTERM:
 *
 *   GET  ...?hub.challenge=X      200 X, as verification of intent wants it
 *   POST /s/N                     an empty answer; counted (tally.h)
 *   POST /_reset?callbacks=N&events=M[&status=S]
 *                                 a new run, answered with status S (204)
 *   GET  /_stats                  the counts as JSON
 *
 * With --wildcard it is reached at every address of 127.0.0.0/8: it binds any
 * address, but on the loopback device only.
 *
 * Known limits: requests need a Content-Length (no chunks); an answer that
 * the socket does not take at once closes the connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/stamp.h"
#include "bench/tally.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define BACKLOG 4096
#define EVENTS_MAX 256
#define READ_BYTES 16384
#define REQUEST_MAX_BYTES (4u << 20) /* head and body */

struct conn {
    int fd;
    struct wsub_buf in;
    LIST_ENTRY(conn) next;
};

struct sink {
    int epoll;
    int listener;
    unsigned status; /* of the answer to a delivery */
    uint64_t verifications;
    uint64_t connections; /* open ones */
    LIST_HEAD(, conn) conns;
    struct bench_tally tally;
    struct wsub_buf out; /* answers to what was just read */
};

struct request {
    const char *method, *target, *body;
    size_t method_len, target_len, body_len;
};

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
    (void)number;
    ending = 1;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench-sink: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int make_listener(bool wildcard)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(wildcard ? INADDR_ANY : INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (wildcard && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0)
        fail("cannot be bound to the loopback device");
    if (fd < 0 || bind(fd, (void *)&address, sizeof(address)) != 0 ||
        listen(fd, BACKLOG) != 0)
        fail("cannot listen");
    return fd;
}

static void print_port(int listener)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof(address);

    if (getsockname(listener, (void *)&address, &len) != 0)
        fail("cannot tell the port");
    printf("listening %u\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void conn_close(struct sink *sink, struct conn *conn)
{
    close(conn->fd);
    LIST_REMOVE(conn, next);
    wsub_buf_done(&conn->in);
    free(conn);
    sink->connections--;
}

static void on_connection(struct sink *sink)
{
    int one = 1;
    int fd = accept4(sink->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    struct conn *conn;

    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    conn = wsub_calloc(1, sizeof(*conn));
    conn->fd = fd;
    event.data.ptr = conn;
    LIST_INSERT_HEAD(&sink->conns, conn, next);
    sink->connections++;
    if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        conn_close(sink, conn);
}

static size_t content_length(const char *head, size_t len)
{
    static const char name[] = "\ncontent-length:";
    const char *end = head + len, *line = head;

    while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if ((size_t)(end - line) > sizeof(name) &&
            strncasecmp(line, name, sizeof(name) - 1) == 0)
            return strtoul(line + sizeof(name) - 1, NULL, 10);
        line++;
    }
    return 0;
}

/* Splits the first request off; returns its size, 0 when it is not complete,
 * -1 when it is none. */
static ssize_t request_parse(const char *data, size_t len, struct request *ret)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    const char *space, *second;
    size_t head_len;

    if (end == NULL)
        return len > READ_BYTES ? -1 : 0;
    head_len = (size_t)(end - data) + 4;
    space = memchr(data, ' ', head_len);
    second = space == NULL ? NULL
                           : memchr(space + 1, ' ',
                                    head_len - (size_t)(space + 1 - data));
    if (second == NULL)
        return -1;
    ret->method = data;
    ret->method_len = (size_t)(space - data);
    ret->target = space + 1;
    ret->target_len = (size_t)(second - space) - 1;
    ret->body = data + head_len;
    ret->body_len = content_length(data, head_len);
    if (ret->body_len > REQUEST_MAX_BYTES)
        return -1;
    return len < head_len + ret->body_len ? 0
                                          : (ssize_t)(head_len + ret->body_len);
}

/* The value of a field of the query; NULL when it is not there. */
static const char *query_field(const struct request *request, const char *name,
                               size_t *ret_len)
{
    const char *end = request->target + request->target_len;
    const char *at =
        memmem(request->target, request->target_len, name, strlen(name));
    const char *stop;

    if (at == NULL)
        return NULL;
    at += strlen(name);
    stop = memchr(at, '&', (size_t)(end - at));
    *ret_len = (size_t)((stop != NULL ? stop : end) - at);
    return at;
}

static uint32_t query_number(const struct request *request, const char *name,
                             uint32_t otherwise)
{
    size_t len;
    const char *text = query_field(request, name, &len);

    return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 10);
}

static void answer(struct sink *sink, unsigned status, const char *body,
                   size_t len)
{
    wsub_buf_printf(&sink->out, "HTTP/1.1 %u Answer\r\n", status);
    if (status != 204)
        wsub_buf_printf(&sink->out, "Content-Length: %zu\r\n", len);
    wsub_buf_str(&sink->out, "\r\n");
    wsub_buf_add(&sink->out, body, len);
}

static void answer_stats(struct sink *sink)
{
    struct wsub_buf json = {0};

    wsub_buf_printf(&json,
                    "{\"verifications\":%lu,\"connections\":%lu,"
                    "\"cpu_s\":%.6f,",
                    (unsigned long)sink->verifications,
                    (unsigned long)sink->connections, bench_cpu_s());
    bench_tally_json(&sink->tally, &json);
    wsub_buf_str(&json, "}\n");
    answer(sink, 200, json.data, json.len);
    wsub_buf_done(&json);
}

static void answer_reset(struct sink *sink, const struct request *request)
{
    bool done =
        bench_tally_reset(&sink->tally, query_number(request, "callbacks=", 0),
                          query_number(request, "events=", 0));

    sink->status = query_number(request, "status=", 204);
    answer(sink, done ? 204 : 400, "", 0);
}

static void answer_challenge(struct sink *sink, const struct request *request)
{
    size_t len;
    const char *challenge = query_field(request, "hub.challenge=", &len);

    if (challenge == NULL) {
        answer(sink, 404, "", 0);
        return;
    }
    sink->verifications++;
    answer(sink, 200, challenge, len);
}

static bool request_is(const struct request *request, const char *method,
                       const char *path)
{
    return request->method_len == strlen(method) &&
           memcmp(request->method, method, request->method_len) == 0 &&
           request->target_len >= strlen(path) &&
           memcmp(request->target, path, strlen(path)) == 0;
}

static void on_request(struct sink *sink, const struct request *request)
{
    if (request_is(request, "POST", BENCH_CALLBACK_PATH)) {
        bench_tally_add(&sink->tally, request->target, request->target_len,
                        request->body, request->body_len);
        answer(sink, sink->status, "", 0);
    } else if (request_is(request, "POST", "/_reset")) {
        answer_reset(sink, request);
    } else if (request_is(request, "GET", "/_stats")) {
        answer_stats(sink);
    } else {
        answer_challenge(sink, request);
    }
}

/* Answers every request that is complete; false when the connection is of no
 * use any more. */
static bool conn_serve(struct sink *sink, struct conn *conn)
{
    size_t used = 0;
    ssize_t size = 0;
    struct request request;

    wsub_buf_clear(&sink->out);
    while (used < conn->in.len &&
           (size = request_parse(conn->in.data + used, conn->in.len - used,
                                 &request)) > 0) {
        on_request(sink, &request);
        used += (size_t)size;
    }
    memmove(conn->in.data, conn->in.data + used, conn->in.len - used);
    conn->in.len -= used;
    return size >= 0 &&
           (sink->out.len == 0 || send(conn->fd, sink->out.data, sink->out.len,
                                       MSG_NOSIGNAL) == (ssize_t)sink->out.len);
}

static void on_readable(struct sink *sink, struct conn *conn)
{
    char *at = wsub_buf_reserve(&conn->in, READ_BYTES);
    ssize_t got = recv(conn->fd, at, READ_BYTES, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        conn_close(sink, conn);
        return;
    }
    conn->in.len += (size_t)got;
    if (!conn_serve(sink, conn))
        conn_close(sink, conn);
}

static void serve(struct sink *sink)
{
    struct epoll_event events[EVENTS_MAX];

    while (!ending) {
        int count = epoll_wait(sink->epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                on_connection(sink);
            else
                on_readable(sink, events[i].data.ptr);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"wildcard", no_argument, NULL, 'w'}, {0}};
    struct epoll_event event = {.events = EPOLLIN};
    struct sigaction action = {.sa_handler = on_signal};
    struct sink sink = {.status = 204};
    bool wildcard = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'w')
            return 1;
        wildcard = true;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    bench_tally_reset(&sink.tally, 0, 0);
    sink.epoll = epoll_create1(EPOLL_CLOEXEC);
    sink.listener = make_listener(wildcard);
    if (epoll_ctl(sink.epoll, EPOLL_CTL_ADD, sink.listener, &event) != 0)
        fail("cannot watch the listener");
    print_port(sink.listener);
    serve(&sink);
    while (!LIST_EMPTY(&sink.conns))
        conn_close(&sink, LIST_FIRST(&sink.conns));
    bench_tally_done(&sink.tally);
    wsub_buf_done(&sink.out);
    close(sink.listener);
    close(sink.epoll);
    return 0;
}
