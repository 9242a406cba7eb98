/* publish.c - bench-publish: pushes events to a hub.
 *
 *   bench-publish --port P --topic URL --events M --bytes B
 *                 [--connections K] [--rate R] [--topics T]
 *
 *   idle --send_next--> busy --on_answer--> idle
 *
 * K kept-alive connections, each with one request in flight, so an event is
 * published when the answer to the one before on its connection has come.
 * Without a rate all connections are always busy; with R events a second an
 * event leaves when it is due, or late when no connection is idle (counted).
 * With T topics, URL/0 to URL/(T-1), each in rotation gets the next event; the
 * events of each topic are numbered by themselves.
 *
 * Prints one line of JSON: what was accepted, how fast, and the time from
 * sending to the 202. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "bench/ask.h"
#include "bench/hist.h"
#include "bench/stamp.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

struct publisher;

struct conn {
    struct publisher *publisher; /* borrowed */
    struct bufferevent *stream;  /* owned */
    uint64_t sent_ns;
    STAILQ_ENTRY(conn) next;
};

struct publisher {
    unsigned long port, events, bytes, connections, rate, topics;
    const char *topic;
    struct event_base *base;
    struct event *due; /* the next event's time */
    struct wsub_buf head;
    char *body;
    STAILQ_HEAD(, conn) idle;
    uint64_t began_ns;
    unsigned long sent, accepted, refused, late;
    struct bench_hist answer_time;
};

static uint64_t due_ns(const struct publisher *p, unsigned long event)
{
    return p->rate == 0 ? 0
                        : p->began_ns + event * UINT64_C(1000000000) / p->rate;
}

static void make_head(struct publisher *p)
{
    struct wsub_buf topic = {0};

    wsub_buf_str(&topic, p->topic);
    if (p->topics > 0)
        wsub_buf_printf(&topic, "/%lu", p->sent % p->topics);
    wsub_buf_clear(&p->head);
    wsub_buf_str(&p->head, "POST /publish?hub.topic=");
    bench_ask_encode(topic.data, &p->head);
    wsub_buf_printf(&p->head,
                    " HTTP/1.1\r\nHost: 127.0.0.1:%lu\r\n"
                    "Content-Type: application/json\r\n"
                    "Content-Length: %lu\r\n\r\n",
                    p->port, p->bytes);
    wsub_buf_done(&topic);
}

static void send_event(struct publisher *p, struct conn *conn)
{
    unsigned long number = p->topics > 0 ? p->sent / p->topics : p->sent;

    if (p->topics > 0)
        make_head(p);
    conn->sent_ns = bench_now_ns();
    bench_stamp_fill(p->body, p->bytes, conn->sent_ns, (uint32_t)number);
    p->sent++;
    bufferevent_write(conn->stream, p->head.data, p->head.len);
    bufferevent_write(conn->stream, p->body, p->bytes);
}

/* Sends what is due while a connection is idle, and sets the timer for what
 * is not. */
static void send_next(struct publisher *p)
{
    struct conn *conn;

    while (p->sent < p->events && (conn = STAILQ_FIRST(&p->idle)) != NULL) {
        uint64_t now = bench_now_ns(), due = due_ns(p, p->sent);

        if (due > now) {
            struct timeval wait = {
                (time_t)((due - now) / 1000000000),
                (suseconds_t)((due - now) % 1000000000 / 1000)};

            event_add(p->due, &wait);
            return;
        }
        if (p->rate != 0 && now - due > UINT64_C(1000000000) / p->rate)
            p->late++;
        STAILQ_REMOVE_HEAD(&p->idle, next);
        send_event(p, conn);
    }
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    send_next(arg);
}

static void on_readable(struct bufferevent *stream, void *arg)
{
    struct conn *conn = arg;
    struct publisher *p = conn->publisher;
    unsigned status = bench_ask_answer(bufferevent_get_input(stream));

    if (status == 0)
        return;
    bench_hist_add(&p->answer_time, bench_now_ns() - conn->sent_ns);
    if (status == 202)
        p->accepted++;
    else
        p->refused++;
    STAILQ_INSERT_TAIL(&p->idle, conn, next);
    if (p->accepted + p->refused == p->events)
        event_base_loopbreak(p->base);
    else
        send_next(p);
}

static void conn_init(struct conn *conn, struct publisher *p)
{
    conn->publisher = p;
    conn->stream = bench_ask_connect(p->base, p->port, on_readable, conn);
    STAILQ_INSERT_TAIL(&p->idle, conn, next);
}

static void report(const struct publisher *p)
{
    double seconds = (double)(bench_now_ns() - p->began_ns) / 1e9;
    struct wsub_buf json = {0};

    wsub_buf_printf(&json,
                    "{\"accepted\":%lu,\"refused\":%lu,\"late\":%lu,"
                    "\"seconds\":%.6f,\"rate\":%.1f,\"cpu_s\":%.6f,"
                    "\"answer_us\":",
                    p->accepted, p->refused, p->late, seconds,
                    (double)p->accepted / seconds, bench_cpu_s());
    bench_hist_json(&p->answer_time, &json);
    printf("%s}\n", json.data);
    wsub_buf_done(&json);
}

static void run(struct publisher *p)
{
    struct conn *conns = wsub_calloc(p->connections, sizeof(*conns));

    STAILQ_INIT(&p->idle);
    p->base = event_base_new();
    p->due = evtimer_new(p->base, on_due, p);
    p->body = wsub_calloc(1, p->bytes);
    make_head(p);
    for (unsigned long i = 0; i < p->connections; i++)
        conn_init(&conns[i], p);
    p->began_ns = bench_now_ns();
    send_next(p);
    event_base_dispatch(p->base);
    report(p);
    for (unsigned long i = 0; i < p->connections; i++)
        bufferevent_free(conns[i].stream);
    event_free(p->due);
    event_base_free(p->base);
    wsub_buf_done(&p->head);
    free(p->body);
    free(conns);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"topic", required_argument, NULL, 't'},
        {"events", required_argument, NULL, 'm'},
        {"bytes", required_argument, NULL, 'b'},
        {"connections", required_argument, NULL, 'k'},
        {"rate", required_argument, NULL, 'r'},
        {"topics", required_argument, NULL, 'n'},
        {0}};
    struct publisher p = {.connections = 1, .bytes = 1024};
    int option, index;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        unsigned long *number = option == 'p'   ? &p.port
                                : option == 'm' ? &p.events
                                : option == 'b' ? &p.bytes
                                : option == 'k' ? &p.connections
                                : option == 'r' ? &p.rate
                                : option == 'n' ? &p.topics
                                                : NULL;
        if (option == 't')
            p.topic = optarg;
        else if (number == NULL)
            return 1;
        else
            *number = bench_number(options[index].name, optarg, 100000000);
    }
    if (p.port == 0 || p.port > 65535 || p.topic == NULL || p.events == 0 ||
        p.connections == 0 || p.bytes < BENCH_STAMP_BYTES) {
        fprintf(stderr,
                "bench-publish: --port, --topic and --events are "
                "needed; --bytes of at least %d\n",
                BENCH_STAMP_BYTES);
        return 1;
    }
    run(&p);
    return 0;
}
