/* pull.c - bench-pull: clients that pull events from a hub.
 *
 *   bench-pull --port P --topic URL --clients N [--topics T] [--stream 1]
 *              [--timeout S] [--max M] [--ids ID]
 *
 * N connections.  Each is a pull subscription of its own (ID-0, ID-1 ...), which
 * is added first, and then asks for messages again and again with a wait of S
 * seconds; or it is a stream.  Client I wants topic URL/(I mod T), without T all
 * of them want URL.
 *
 *   connected --add--> ready --go--> asking <--response--.
 *                                       '----------------'
 *                                 or: streaming
 *
 * Orders come on standard input, a line each, and each has one line of JSON: what
 * has come, with the latency from publishing.
 *
 *   ready   once all are connected, and their subscriptions added
 *   go      begins to ask, or to stream
 *   reset   forgets what has come
 *   (empty) only tells
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "bench/ask.h"
#include "bench/hist.h"
#include "bench/stamp.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define ADDED_AT_ONCE 64 /* requests under way before all are ready */

struct puller;

struct client {
    struct puller *puller;      /* borrowed */
    struct bufferevent *stream; /* owned; NULL: not connected yet */
};

struct puller {
    unsigned long port, clients, topics, streams, timeout_s, max;
    const char *topic, *ids;
    struct event_base *base;
    struct client *all;  /* owned */
    struct wsub_buf out; /* what is being sent */
    unsigned long begun, ready;
    bool ready_wanted, going;
    /* Since it was reset: */
    uint64_t messages, responses, empty, refused;
    uint64_t first_publish_ns, last_arrival_ns;
    struct bench_hist latency;
};

static void forget(struct puller *p)
{
    p->messages = p->responses = p->empty = p->refused = 0;
    p->first_publish_ns = p->last_arrival_ns = 0;
    memset(&p->latency, 0, sizeof(p->latency));
}

static void report(struct puller *p)
{
    struct wsub_buf json = {0};

    wsub_buf_printf(
        &json,
        "{\"messages\":%" PRIu64 ",\"responses\":%" PRIu64 ",\"empty\":%" PRIu64
        ",\"refused\":%" PRIu64 ",\"first_publish_ns\":%" PRIu64
        ",\"last_arrival_ns\":%" PRIu64 ",\"cpu_s\":%.6f,\"latency_us\":",
        p->messages, p->responses, p->empty, p->refused, p->first_publish_ns,
        p->last_arrival_ns, bench_cpu_s());
    bench_hist_json(&p->latency, &json);
    printf("%s}\n", json.data);
    fflush(stdout);
    wsub_buf_done(&json);
}

/* Counts the message whose body begins at `at`; false when none does. */
static bool count_message(struct puller *p, const char *at, size_t len,
                          uint64_t now_ns)
{
    uint64_t published_ns;
    uint32_t event;

    if (len < BENCH_STAMP_BYTES ||
        !bench_stamp_read(at, len, &published_ns, &event))
        return false;
    p->messages++;
    if (p->first_publish_ns == 0 || published_ns < p->first_publish_ns)
        p->first_publish_ns = published_ns;
    p->last_arrival_ns = now_ns;
    bench_hist_add(&p->latency, now_ns - published_ns);
    return true;
}

static unsigned long number_of(const struct client *client)
{
    return (unsigned long)(client - client->puller->all);
}

static void topic_of(const struct client *client, struct wsub_buf *out)
{
    const struct puller *p = client->puller;

    wsub_buf_str(out, p->topic);
    if (p->topics > 0)
        wsub_buf_printf(out, "/%lu", number_of(client) % p->topics);
}

static void send_json(struct client *client, const struct wsub_buf *json)
{
    struct wsub_buf *out = &client->puller->out;

    wsub_buf_clear(out);
    wsub_buf_printf(out,
                    "POST /api/workflow/subscription HTTP/1.1\r\nHost: hub\r\n"
                    "Content-Type: application/json\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    json->len, json->data);
    bufferevent_write(client->stream, out->data, out->len);
}

static void add(struct client *client)
{
    struct wsub_buf json = {0};

    wsub_buf_printf(&json,
                    "{\"action\":\"add\",\"id\":\"%s-%lu\",\"topics\":[\"",
                    client->puller->ids, number_of(client));
    topic_of(client, &json);
    wsub_buf_str(&json, "\"]}");
    send_json(client, &json);
    wsub_buf_done(&json);
}

static void poll(struct client *client)
{
    const struct puller *p = client->puller;
    struct wsub_buf json = {0};

    wsub_buf_printf(&json,
                    "{\"action\":\"getMessages\",\"id\":\"%s-%lu\","
                    "\"timeout\":%lu,\"max\":%lu}",
                    p->ids, number_of(client), p->timeout_s, p->max);
    send_json(client, &json);
    wsub_buf_done(&json);
}

static void stream(struct client *client)
{
    struct wsub_buf topic = {0}, *out = &client->puller->out;

    topic_of(client, &topic);
    wsub_buf_clear(out);
    wsub_buf_str(out, "GET /stream?hub.topic=");
    bench_ask_encode(topic.data, out);
    wsub_buf_str(out, " HTTP/1.1\r\nHost: hub\r\n\r\n");
    bufferevent_write(client->stream, out->data, out->len);
    wsub_buf_done(&topic);
}

static void connect_next(struct puller *p);

static void on_added(struct client *client, unsigned status)
{
    struct puller *p = client->puller;

    if (status != 200) {
        fprintf(stderr, "bench-pull: a subscription was refused: %u\n", status);
        exit(1);
    }
    p->ready++;
    connect_next(p);
    if (p->ready == p->clients && p->ready_wanted)
        report(p);
}

static void on_response(struct client *client, const char *text, size_t len)
{
    struct puller *p = client->puller;
    uint64_t now_ns = bench_now_ns(), before = p->messages;
    const char *at = text, *end = text + len;

    p->responses++;
    if (strncmp(text, "HTTP/1.1 200", 12) != 0)
        p->refused++;
    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        at++;
        if (count_message(p, at, (size_t)(end - at), now_ns))
            at += BENCH_STAMP_BYTES;
    }
    if (p->messages == before)
        p->empty++;
    poll(client);
}

/* The size of the first response in the input, 0 while it is not complete. */
static size_t response_size(const char *text, size_t len)
{
    const char *head = len == 0 ? NULL : memmem(text, len, "\r\n\r\n", 4);
    const char *field;
    size_t size;

    if (head == NULL)
        return 0;
    size = (size_t)(head - text) + 4;
    field = memmem(text, size, "Content-Length: ", 16);
    if (field != NULL)
        size += strtoul(field + 16, NULL, 10);
    return size <= len ? size : 0;
}

static void read_responses(struct client *client, struct evbuffer *input)
{
    size_t len, size;
    const char *text;

    for (;;) {
        len = evbuffer_get_length(input);
        text = (const char *)evbuffer_pullup(input, -1);
        size = response_size(text, len);
        if (size == 0)
            return;
        if (client->puller->going)
            on_response(client, text, size);
        else
            on_added(client, (unsigned)strtoul(text + 9, NULL, 10));
        evbuffer_drain(input, size);
    }
}

/* Each event has one line of data. */
static void read_stream(struct client *client, struct evbuffer *input)
{
    size_t len = evbuffer_get_length(input);
    const char *text = (const char *)evbuffer_pullup(input, -1);
    const char *at = text, *end = text + len, *line = text;
    uint64_t now_ns = bench_now_ns();

    while ((at = memmem(at, (size_t)(end - at), "data: ", 6)) != NULL &&
           end - at >= 6 + BENCH_STAMP_BYTES) {
        at += 6;
        count_message(client->puller, at, (size_t)(end - at), now_ns);
        line = at;
    }
    if (at == NULL && end - line > 5)
        line = end - 5; /* a part of "data: " may be there */
    else if (at != NULL)
        line = at;
    evbuffer_drain(input, (size_t)(line - text));
}

static void on_readable(struct bufferevent *bev, void *arg)
{
    struct client *client = arg;
    struct evbuffer *input = bufferevent_get_input(bev);

    if (client->puller->streams)
        read_stream(client, input);
    else
        read_responses(client, input);
}

/* A stream is ready once it is connected. */
static void connect_next(struct puller *p)
{
    struct client *client;

    if (p->begun == p->clients)
        return;
    client = &p->all[p->begun++];
    client->puller = p;
    client->stream = bench_ask_connect(p->base, p->port, on_readable, client);
    if (p->streams)
        p->ready++;
    else
        add(client);
}

static void connect_all(struct puller *p)
{
    unsigned long most = p->streams ? p->clients : ADDED_AT_ONCE;

    p->all = wsub_calloc(p->clients, sizeof(*p->all));
    for (unsigned long i = 0; i < most; i++)
        connect_next(p);
}

static void go(struct puller *p)
{
    p->going = true;
    for (unsigned long i = 0; i < p->clients; i++)
        if (p->streams)
            stream(&p->all[i]);
        else
            poll(&p->all[i]);
    report(p);
}

static void on_order(evutil_socket_t fd, short what, void *arg)
{
    struct puller *p = arg;
    char line[16];

    (void)fd;
    (void)what;
    if (fgets(line, sizeof(line), stdin) == NULL) {
        event_base_loopbreak(p->base);
        return;
    }
    if (strcmp(line, "ready\n") == 0) {
        p->ready_wanted = true;
        if (p->ready == p->clients)
            report(p);
    } else if (strcmp(line, "go\n") == 0) {
        go(p);
    } else {
        if (strcmp(line, "reset\n") == 0)
            forget(p);
        report(p);
    }
}

static void run(struct puller *p)
{
    struct event *orders;

    p->base = event_base_new();
    setvbuf(stdin, NULL, _IONBF, 0); /* one order an event */
    orders = event_new(p->base, 0, EV_READ | EV_PERSIST, on_order, p);
    event_add(orders, NULL);
    connect_all(p);
    event_base_dispatch(p->base);
    for (unsigned long i = 0; i < p->begun; i++)
        bufferevent_free(p->all[i].stream);
    event_free(orders);
    event_base_free(p->base);
    wsub_buf_done(&p->out);
    free(p->all);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"topic", required_argument, NULL, 't'},
        {"clients", required_argument, NULL, 'n'},
        {"topics", required_argument, NULL, 'm'},
        {"stream", required_argument, NULL, 's'},
        {"timeout", required_argument, NULL, 'w'},
        {"max", required_argument, NULL, 'x'},
        {"ids", required_argument, NULL, 'i'},
        {0}};
    struct puller p = {.timeout_s = 60, .max = 100, .ids = "bench"};
    int option, index;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        unsigned long *number = option == 'p'   ? &p.port
                                : option == 'n' ? &p.clients
                                : option == 'm' ? &p.topics
                                : option == 's' ? &p.streams
                                : option == 'w' ? &p.timeout_s
                                : option == 'x' ? &p.max
                                                : NULL;
        if (option == 't')
            p.topic = optarg;
        else if (option == 'i')
            p.ids = optarg;
        else if (number == NULL)
            return 1;
        else
            *number = bench_number(options[index].name, optarg, 1000000);
    }
    if (p.port == 0 || p.port > 65535 || p.topic == NULL || p.clients == 0) {
        fprintf(stderr, "bench-pull: --port, --topic and --clients are "
                        "needed\n");
        return 1;
    }
    run(&p);
    return 0;
}
