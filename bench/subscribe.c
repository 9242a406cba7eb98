/* subscribe.c - bench-subscribe: registers subscriptions with a hub.
 *
 *   bench-subscribe --port P --topic URL --subscriptions N --sink-port S
 *                   [--hosts H] [--https 1] [--connections K] [--window W]
 *                   [--topics T] [--fetched 1]
 *
 * Asks for a subscription to the topic for each callback (callback.h), all of
 * them with secrets, on K connections with W requests in flight on each.  With
 * T topics, URL/0 to URL/(T-1), callback I subscribes to URL/(I mod T); with topics
 * that are fetched to topic I of the sink.
 *
 * Prints one line of JSON: how many were accepted, and when the first was
 * sent (CLOCK_MONOTONIC), so that who waits until they are active can tell how
 * long all of it took.  Progress goes to standard error. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "bench/ask.h"
#include "bench/callback.h"
#include "bench/stamp.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define PROGRESS 100000 /* answers between two lines of progress */

struct subscriber {
    unsigned long port, subscriptions, connections, window, topics, fetched;
    struct bench_callbacks callbacks;
    const char *topic;
    struct event_base *base;
    struct wsub_buf form, request; /* of what is being sent */
    unsigned long sent, accepted, refused;
    uint64_t began_ns;
};

static void make_form(struct subscriber *s)
{
    struct wsub_buf url = {0};

    struct bench_callbacks topics = s->callbacks;

    topics.topics = true;
    if (s->fetched)
        bench_callback_url(&topics, s->sent, &url);
    else
        wsub_buf_str(&url, s->topic);
    if (s->topics > 0 && !s->fetched)
        wsub_buf_printf(&url, "/%lu", s->sent % s->topics);
    wsub_buf_clear(&s->form);
    wsub_buf_str(&s->form, "hub.mode=subscribe&hub.topic=");
    bench_ask_encode(url.data, &s->form);
    wsub_buf_clear(&url);
    bench_callback_url(&s->callbacks, s->sent, &url);
    wsub_buf_printf(&s->form, "&hub.callback=%s&hub.secret=secret-%024lu",
                    url.data, s->sent);
    wsub_buf_done(&url);
}

static void send_next(struct subscriber *s, struct bufferevent *stream)
{
    if (s->sent == s->subscriptions)
        return;
    make_form(s);
    wsub_buf_clear(&s->request);
    wsub_buf_printf(&s->request,
                    "POST / HTTP/1.1\r\nHost: hub\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    s->form.len, s->form.data);
    bufferevent_write(stream, s->request.data, s->request.len);
    s->sent++;
}

static void on_readable(struct bufferevent *stream, void *arg)
{
    struct subscriber *s = arg;
    unsigned status;

    while ((status = bench_ask_answer(bufferevent_get_input(stream))) != 0) {
        unsigned long answers = s->accepted + s->refused + 1;

        if (status == 202)
            s->accepted++;
        else
            s->refused++;
        if (answers % PROGRESS == 0)
            fprintf(stderr, "  %lu of %lu subscriptions asked for\n", answers,
                    s->subscriptions);
        if (answers == s->subscriptions)
            event_base_loopbreak(s->base);
        send_next(s, stream);
    }
}

static void run(struct subscriber *s)
{
    struct bufferevent **streams =
        wsub_calloc(s->connections, sizeof(struct bufferevent *));

    s->base = event_base_new();
    for (unsigned long i = 0; i < s->connections; i++)
        streams[i] = bench_ask_connect(s->base, s->port, on_readable, s);
    s->began_ns = bench_now_ns();
    for (unsigned long i = 0; i < s->connections * s->window; i++)
        send_next(s, streams[i % s->connections]);
    event_base_dispatch(s->base);
    printf("{\"accepted\":%lu,\"refused\":%lu,\"began_ns\":%" PRIu64
           ",\"seconds\":%.6f,\"cpu_s\":%.6f}\n",
           s->accepted, s->refused, s->began_ns,
           (double)(bench_now_ns() - s->began_ns) / 1e9, bench_cpu_s());
    for (unsigned long i = 0; i < s->connections; i++)
        bufferevent_free(streams[i]);
    event_base_free(s->base);
    wsub_buf_done(&s->form);
    wsub_buf_done(&s->request);
    free(streams);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"topic", required_argument, NULL, 't'},
        {"subscriptions", required_argument, NULL, 'n'},
        {"sink-port", required_argument, NULL, 's'},
        {"hosts", required_argument, NULL, 'h'},
        {"https", required_argument, NULL, 'e'},
        {"connections", required_argument, NULL, 'k'},
        {"window", required_argument, NULL, 'w'},
        {"topics", required_argument, NULL, 'm'},
        {"fetched", required_argument, NULL, 'f'},
        {0}};
    struct subscriber s = {
        .connections = 8, .window = 32, .callbacks.hosts = 1};
    unsigned long https = 0;
    int option, index;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        unsigned long *number = option == 'p'   ? &s.port
                                : option == 'n' ? &s.subscriptions
                                : option == 's' ? &s.callbacks.port
                                : option == 'h' ? &s.callbacks.hosts
                                : option == 'e' ? &https
                                : option == 'k' ? &s.connections
                                : option == 'w' ? &s.window
                                : option == 'm' ? &s.topics
                                : option == 'f' ? &s.fetched
                                                : NULL;
        if (option == 't')
            s.topic = optarg;
        else if (number == NULL)
            return 1;
        else
            *number = bench_number(options[index].name, optarg, 100000000);
    }
    s.callbacks.https = https != 0;
    if (s.port == 0 || s.topic == NULL || s.subscriptions == 0 ||
        s.callbacks.port == 0 || s.callbacks.hosts == 0 ||
        s.callbacks.hosts > BENCH_HOSTS_MAX || s.connections == 0) {
        fprintf(stderr,
                "bench-subscribe: --port, --topic, --subscriptions and "
                "--sink-port are needed; --hosts 1 to %lu\n",
                BENCH_HOSTS_MAX);
        return 1;
    }
    run(&s);
    return 0;
}
