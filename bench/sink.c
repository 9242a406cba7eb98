/* sink.c - bench-sink: a subscriber that does nothing but count.
 *
 *   bench-sink [--wildcard] [--tls PEM [--http2]]
 *
 * One thread, one epoll, kept-alive connections, no allocation per request.
 * It prints "listening PORT" and serves until SIGTERM:
 *
 *   GET  ...?hub.challenge=X      200 X, as verification of intent wants it
 *   POST /s/N                     an empty answer; counted (tally.h)
 *   GET  /t/N                     a topic of 1 KiB, another content each time:
 *                                 an event as stamp.h has it; counted
 *   POST /_reset?callbacks=N&events=M[&status=S][&delay_ms=D][&close=1]
 *                                 a new run, answered with status S (204)
 *                                 after D ms; then the connection is closed
 *   GET  /_stats                  the counts as JSON
 *
 * With --wildcard it is reached at every address of 127.0.0.0/8: it binds any
 * address, but on the loopback device only.
 *
 * By HTTP/2 it answers deliveries only, 204 and at once.
 *
 * Known limit: an answer that the socket does not take at once closes the
 * connection. */
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

#include "bench/callback.h"
#include "bench/h2.h"
#include "bench/request.h"
#include "bench/stamp.h"
#include "bench/stream.h"
#include "bench/tally.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define BACKLOG 4096
#define EVENTS_MAX 256
#define READ_BYTES 16384
#define TOPIC_BYTES 1024

struct conn {
    struct bench_stream stream;
    struct bench_h2 *h2; /* owned; NULL: HTTP/1.1 */
    bool greeted;        /* its TLS handshake is over */
    struct wsub_buf in;
    uint64_t due_ns; /* of the answer that it waits for; 0: none */
    TAILQ_ENTRY(conn) waiting_next;
    LIST_ENTRY(conn) next;
};

struct sink {
    int epoll;
    int listener;
    SSL_CTX *tls;      /* owned; NULL: in the clear */
    unsigned status;   /* of the answer to a delivery */
    uint32_t delay_ms; /* before that answer */
    bool close_each;   /* the connection after it */
    uint64_t verifications;
    uint64_t connections;       /* open ones */
    uint64_t accepted, resumed; /* connections, TLS sessions */
    LIST_HEAD(, conn) conns;
    /* Those that wait for their responses, by due_ns: the delay is the same
     * for all. */
    TAILQ_HEAD(, conn) waiting;
    struct bench_tally tally;
    uint64_t fetches, last_fetch_ns;
    struct wsub_buf out; /* answers to what was just read */
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
    if (conn->due_ns != 0)
        TAILQ_REMOVE(&sink->waiting, conn, waiting_next);
    bench_h2_free(conn->h2);
    bench_stream_close(&conn->stream);
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
    bench_stream_open(&conn->stream, fd, sink->tls);
    event.data.ptr = conn;
    LIST_INSERT_HEAD(&sink->conns, conn, next);
    sink->connections++;
    sink->accepted++;
    if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        conn_close(sink, conn);
}

static void answer(struct sink *sink, unsigned status, const char *body,
                   size_t len)
{
    wsub_buf_printf(&sink->out, "HTTP/1.1 %u Answer\r\n", status);
    if (status != 204)
        wsub_buf_printf(&sink->out, "Content-Length: %zu\r\n", len);
    if (sink->close_each)
        wsub_buf_str(&sink->out, "Connection: close\r\n");
    wsub_buf_str(&sink->out, "\r\n");
    wsub_buf_add(&sink->out, body, len);
}

static void answer_stats(struct sink *sink)
{
    struct wsub_buf json = {0};

    wsub_buf_printf(&json,
                    "{\"verifications\":%lu,\"connections\":%lu,"
                    "\"accepted\":%lu,\"resumed\":%lu,\"cpu_s\":%.6f,"
                    "\"fetches\":%lu,\"last_fetch_ns\":%lu,",
                    (unsigned long)sink->verifications,
                    (unsigned long)sink->connections,
                    (unsigned long)sink->accepted, (unsigned long)sink->resumed,
                    bench_cpu_s(), (unsigned long)sink->fetches,
                    (unsigned long)sink->last_fetch_ns);
    bench_tally_json(&sink->tally, &json);
    wsub_buf_str(&json, "}\n");
    answer(sink, 200, json.data, json.len);
    wsub_buf_done(&json);
}

static void answer_reset(struct sink *sink, const struct bench_request *request)
{
    bool done = bench_tally_reset(
        &sink->tally, bench_request_number(request, "callbacks=", 0),
        bench_request_number(request, "events=", 0));

    sink->status = bench_request_number(request, "status=", 204);
    sink->delay_ms = bench_request_number(request, "delay_ms=", 0);
    sink->close_each = bench_request_number(request, "close=", 0) != 0;
    sink->accepted = sink->resumed = sink->fetches = 0;
    answer(sink, done ? 204 : 400, "", 0);
}

static void answer_challenge(struct sink *sink,
                             const struct bench_request *request)
{
    size_t len;
    const char *challenge =
        bench_request_field(request, "hub.challenge=", &len);

    if (challenge == NULL) {
        answer(sink, 404, "", 0);
        return;
    }
    sink->verifications++;
    answer(sink, 200, challenge, len);
}

/* Each topic has one event in a run. */
static void answer_topic(struct sink *sink)
{
    static char body[TOPIC_BYTES];

    sink->fetches++;
    sink->last_fetch_ns = bench_now_ns();
    bench_stamp_fill(body, sizeof(body), sink->last_fetch_ns, 0);
    answer(sink, 200, body, sizeof(body));
}

static void on_post(const char *path, size_t path_len, const char *body,
                    size_t body_len, void *arg)
{
    struct sink *sink = arg;

    bench_tally_add(&sink->tally, path, path_len, body, body_len);
}

/* Counts a delivery; its answer follows now or when it is due. */
static void on_delivery(struct sink *sink, struct conn *conn,
                        const struct bench_request *request)
{
    on_post(request->target, request->target_len, request->body,
            request->body_len, sink);
    if (sink->delay_ms == 0) {
        answer(sink, sink->status, "", 0);
        return;
    }
    conn->due_ns = bench_now_ns() + sink->delay_ms * UINT64_C(1000000);
    TAILQ_INSERT_TAIL(&sink->waiting, conn, waiting_next);
}

static void on_request(struct sink *sink, struct conn *conn,
                       const struct bench_request *request)
{
    if (bench_request_is(request, "POST", BENCH_CALLBACK_PATH))
        on_delivery(sink, conn, request);
    else if (bench_request_is(request, "POST", "/_reset"))
        answer_reset(sink, request);
    else if (bench_request_is(request, "GET", "/_stats"))
        answer_stats(sink);
    else if (bench_request_is(request, "GET", BENCH_TOPIC_PATH))
        answer_topic(sink);
    else
        answer_challenge(sink, request);
}

/* Writes the answers; false when the connection is of no use any more. */
static bool conn_answer(struct sink *sink, struct conn *conn)
{
    if (sink->out.len == 0)
        return true;
    return bench_stream_write(&conn->stream, sink->out.data, sink->out.len) &&
           (conn->h2 != NULL || !sink->close_each);
}

/* Answers the requests that are complete, until one has to wait for its
 * answer. */
static bool conn_serve(struct sink *sink, struct conn *conn)
{
    size_t used = 0;
    ssize_t size = 0;
    struct bench_request request;

    while (used < conn->in.len && conn->due_ns == 0 &&
           (size = bench_request_parse(conn->in.data + used,
                                       conn->in.len - used, &request)) > 0) {
        on_request(sink, conn, &request);
        used += (size_t)size;
    }
    memmove(conn->in.data, conn->in.data + used, conn->in.len - used);
    conn->in.len -= used;
    return size >= 0 && conn_answer(sink, conn);
}

static bool conn_serve_h2(struct sink *sink, struct conn *conn)
{
    bool fine = bench_h2_feed(conn->h2, wsub_buf_cstr(&conn->in), conn->in.len,
                              &sink->out);

    conn->in.len = 0;
    return fine && conn_answer(sink, conn);
}

/* After the first bytes over TLS: what was agreed on. */
static void conn_greet(struct sink *sink, struct conn *conn)
{
    const unsigned char *protocol = NULL;
    unsigned len = 0;

    conn->greeted = true;
    if (conn->stream.ssl == NULL)
        return;
    sink->resumed += SSL_session_reused(conn->stream.ssl) == 1;
    SSL_get0_alpn_selected(conn->stream.ssl, &protocol, &len);
    if (len == 2 && memcmp(protocol, "h2", 2) == 0)
        conn->h2 = bench_h2_new(on_post, sink);
}

/* Reads what is there and serves it; false at the connection's end. */
static bool conn_read(struct sink *sink, struct conn *conn)
{
    do {
        char *at = wsub_buf_reserve(&conn->in, READ_BYTES);
        ssize_t got = bench_stream_read(&conn->stream, at, READ_BYTES);

        if (got <= 0)
            return got == 0;
        conn->in.len += (size_t)got;
        if (!conn->greeted)
            conn_greet(sink, conn);
        wsub_buf_clear(&sink->out);
        if (conn->h2 != NULL ? !conn_serve_h2(sink, conn)
                             : !conn_serve(sink, conn))
            return false;
    } while (bench_stream_holds(&conn->stream));
    return true;
}

/* Sends the answers that are due; returns the time to the next in ms, -1 when
 * none waits. */
static int answer_due(struct sink *sink)
{
    struct conn *conn;

    while ((conn = TAILQ_FIRST(&sink->waiting)) != NULL) {
        uint64_t now = bench_now_ns();

        if (conn->due_ns > now)
            return (int)((conn->due_ns - now + 999999) / 1000000);
        TAILQ_REMOVE(&sink->waiting, conn, waiting_next);
        conn->due_ns = 0;
        wsub_buf_clear(&sink->out);
        answer(sink, sink->status, "", 0);
        if (!conn_serve(sink, conn))
            conn_close(sink, conn);
    }
    return -1;
}

/* Signals are let in only while it waits: one that came between the look at
 * `ending` and the waiting would be waited through. */
static void serve(struct sink *sink)
{
    struct epoll_event events[EVENTS_MAX];
    sigset_t none;

    sigemptyset(&none);
    while (!ending) {
        int count = epoll_pwait(sink->epoll, events, EVENTS_MAX,
                                answer_due(sink), &none);

        for (int i = 0; i < count; i++) {
            struct conn *conn = events[i].data.ptr;

            if (conn == NULL)
                on_connection(sink);
            else if (!conn_read(sink, conn))
                conn_close(sink, conn);
        }
    }
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t ends;

    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"wildcard", no_argument, NULL, 'w'},
        {"tls", required_argument, NULL, 't'},
        {"http2", no_argument, NULL, '2'},
        {0}};
    struct epoll_event event = {.events = EPOLLIN};
    struct sink sink = {.status = 204};
    bool wildcard = false, http2 = false;
    const char *pem_file = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'w')
            wildcard = true;
        else if (option == 't')
            pem_file = optarg;
        else if (option == '2')
            http2 = true;
        else
            return 1;
    }
    catch_signals();
    bench_tally_reset(&sink.tally, 0, 0);
    TAILQ_INIT(&sink.waiting);
    if (pem_file != NULL)
        sink.tls = bench_tls_new(pem_file, http2);
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
    SSL_CTX_free(sink.tls);
    close(sink.listener);
    close(sink.epoll);
    return 0;
}
