/* bare.c - bench-bare: what libcurl alone can do.
 *
 *   bench-bare --port P --subscriptions N --events M --bytes B
 *              --concurrency C [--hosts H] [--public-url URL] [--topic URL]
 *              [--ca FILE] [--http2 1] [--get 1]
 *
 *   start -> curl_multi_add_handle .. socket_action
 *     ^                                     |
 *     '------ finish <- collect <-----------'
 *
 * POSTs M events to N callbacks of bench-sink with the bytes and headers of a
 * delivery: one multi handle on libevent, C easy handles that are set up once
 * and get only their URL and body for each request.  No Redis, no queue, no
 * signature (its header is constant): the mark that deliver is measured
 * against.  Callbacks are where callback.h says, by https with --ca (TLS
 * sessions are shared by all handles), by HTTP/2 with --http2.  The event is
 * stamped when its first POST starts.  With --get each request is the fetch of a
 * topic instead: the mark of the spreader's.
 *
 * Does so once for each line of its standard input, with the connections of
 * the time before, and answers with one line of JSON:
 *
 *   echo | bench-bare --port P ... */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "bench/callback.h"
#include "bench/stamp.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define TIMEOUT_MS 10000L /* as deliver's default */

/* Kept connections for each transfer in flight: enough to have one ready
 * whatever host comes next. */
#define CACHED_FOR_EACH 4L

#define SIGNATURE                                                              \
    "X-Hub-Signature: sha256="                                                 \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct bare {
    unsigned long port, subscriptions, events, bytes, concurrency, hosts, http2;
    unsigned long get;
    const char *public_url, *topic, *ca;
    struct event_base *base;
    CURLM *multi;
    CURLSH *share; /* TLS sessions */
    struct event *timer;
    struct curl_slist *headers;
    char **urls;        /* one a subscription */
    char **bodies;      /* one an event, made when its first POST starts */
    struct slot *slots; /* one a concurrent transfer */
    uint64_t started, finished, failed;
};

struct slot {
    struct bare *bare;
    CURL *easy;
};

static uint64_t total(const struct bare *bare)
{
    return (uint64_t)bare->subscriptions * bare->events;
}

static const char *body_of(struct bare *bare, uint64_t number)
{
    uint32_t event = (uint32_t)(number / bare->subscriptions);

    if (bare->bodies[event] == NULL) {
        bare->bodies[event] = wsub_calloc(1, bare->bytes);
        bench_stamp_fill(bare->bodies[event], bare->bytes, bench_now_ns(),
                         event);
    }
    return bare->bodies[event];
}

/* Starts the next request on a slot whose last one is over. */
static void start(struct slot *slot)
{
    struct bare *bare = slot->bare;
    uint64_t number = bare->started;

    if (number >= total(bare))
        return;
    bare->started++;
    curl_easy_setopt(slot->easy, CURLOPT_URL,
                     bare->urls[number % bare->subscriptions]);
    if (!bare->get)
        curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, body_of(bare, number));
    curl_multi_add_handle(bare->multi, slot->easy);
}

static void finish(struct slot *slot, CURLcode code)
{
    struct bare *bare = slot->bare;
    long status = 0;

    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(bare->multi, slot->easy);
    bare->finished++;
    if (code != CURLE_OK || status < 200 || status >= 300)
        bare->failed++;
    if (bare->finished == total(bare))
        event_base_loopbreak(bare->base);
    else
        start(slot);
}

static void collect(struct bare *bare)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(bare->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct slot *slot;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        finish(slot, code);
    }
}

static void act(struct bare *bare, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(bare->multi, fd, what, &running);
    collect(bare);
}

static void on_timer_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct bare *bare = arg;
    struct timeval wait = {ms / 1000, (ms % 1000) * 1000};

    (void)multi;
    if (ms < 0)
        event_del(bare->timer);
    else
        event_add(bare->timer, &wait);
    return 0;
}

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
    act(arg, fd,
        ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
            ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int want, void *arg,
                     void *socket_arg)
{
    struct bare *bare = arg;
    struct event *watch = socket_arg;
    short events = (short)(EV_PERSIST | ((want & CURL_POLL_IN) ? EV_READ : 0) |
                           ((want & CURL_POLL_OUT) ? EV_WRITE : 0));

    (void)easy;
    if (watch != NULL)
        event_del(watch);
    if (want == CURL_POLL_REMOVE) {
        if (watch != NULL)
            event_free(watch);
        curl_multi_assign(bare->multi, fd, NULL);
        return 0;
    }
    if (watch == NULL) {
        watch = event_new(bare->base, fd, events, on_socket_event, bare);
        curl_multi_assign(bare->multi, fd, watch);
    } else {
        event_assign(watch, bare->base, fd, events, on_socket_event, bare);
    }
    event_add(watch, NULL);
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    (void)arg;
    return size * count;
}

static void slot_init(struct slot *slot, struct bare *bare)
{
    slot->bare = bare;
    slot->easy = curl_easy_init();
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(
        slot->easy, CURLOPT_HTTP_VERSION,
        (long)(bare->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(slot->easy, CURLOPT_PIPEWAIT, (long)bare->http2);
    if (bare->ca != NULL) {
        curl_easy_setopt(slot->easy, CURLOPT_CAINFO, bare->ca);
        curl_easy_setopt(slot->easy, CURLOPT_SHARE, bare->share);
    }
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body);
    if (!bare->get) {
        curl_easy_setopt(slot->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)bare->bytes);
    }
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, bare->headers);
}

static void make_headers(struct bare *bare)
{
    static const char *const constant[] = {
        SIGNATURE, "Content-Type: application/json", "Expect:"};
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "User-Agent: websubd/%s (+%s)", WSUB_VERSION,
                    bare->public_url);
    bare->headers = curl_slist_append(bare->headers, text.data);
    wsub_buf_clear(&text);
    if (bare->get) {
        wsub_buf_done(&text);
        return;
    }
    for (size_t i = 0; i < sizeof(constant) / sizeof(constant[0]); i++)
        bare->headers = curl_slist_append(bare->headers, constant[i]);
    wsub_buf_printf(&text, "Link: <%s>; rel=\"hub\", <%s>; rel=\"self\"",
                    bare->public_url, bare->topic);
    bare->headers = curl_slist_append(bare->headers, text.data);
    wsub_buf_done(&text);
}

static void make_urls(struct bare *bare)
{
    struct bench_callbacks callbacks = {.https = bare->ca != NULL,
                                        .topics = bare->get != 0,
                                        .port = bare->port,
                                        .hosts = bare->hosts};

    bare->urls = wsub_calloc(bare->subscriptions, sizeof(*bare->urls));
    bare->bodies = wsub_calloc(bare->events, sizeof(*bare->bodies));
    for (unsigned long i = 0; i < bare->subscriptions; i++) {
        struct wsub_buf url = {0};

        bench_callback_url(&callbacks, i, &url);
        bare->urls[i] = wsub_buf_take(&url);
    }
}

static void set_up(struct bare *bare)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bare->base = event_base_new();
    bare->timer = evtimer_new(bare->base, on_timer_event, bare);
    bare->multi = curl_multi_init();
    bare->share = curl_share_init();
    curl_share_setopt(bare->share, CURLSHOPT_SHARE,
                      (int)CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_MAXCONNECTS,
                      CACHED_FOR_EACH * (long)bare->concurrency);
    make_headers(bare);
    make_urls(bare);
    bare->slots = wsub_calloc(bare->concurrency, sizeof(*bare->slots));
    for (unsigned long i = 0; i < bare->concurrency; i++)
        slot_init(&bare->slots[i], bare);
}

static void drop_bodies(struct bare *bare)
{
    for (unsigned long i = 0; i < bare->events; i++) {
        free(bare->bodies[i]);
        bare->bodies[i] = NULL;
    }
}

static void tear_down(struct bare *bare)
{
    for (unsigned long i = 0; i < bare->concurrency; i++)
        curl_easy_cleanup(bare->slots[i].easy);
    curl_multi_cleanup(bare->multi);
    curl_share_cleanup(bare->share);
    curl_slist_free_all(bare->headers);
    event_free(bare->timer);
    event_base_free(bare->base);
    for (unsigned long i = 0; i < bare->subscriptions; i++)
        free(bare->urls[i]);
    drop_bodies(bare);
    free(bare->urls);
    free(bare->bodies);
    free(bare->slots);
    curl_global_cleanup();
}

static void run(struct bare *bare)
{
    double cpu_s = bench_cpu_s();
    uint64_t began = bench_now_ns();
    double seconds;

    bare->started = bare->finished = bare->failed = 0;
    drop_bodies(bare);
    for (unsigned long i = 0; i < bare->concurrency; i++)
        start(&bare->slots[i]);
    event_base_dispatch(bare->base);
    seconds = (double)(bench_now_ns() - began) / 1e9;
    cpu_s = bench_cpu_s() - cpu_s;
    printf("{\"requests\":%" PRIu64 ",\"failed\":%" PRIu64
           ",\"seconds\":%.6f,\"rate\":%.1f,\"cpu_s\":%.6f,"
           "\"cpu_us_per_request\":%.2f}\n",
           bare->finished, bare->failed, seconds,
           (double)bare->finished / seconds, cpu_s,
           cpu_s * 1e6 / (double)bare->finished);
    fflush(stdout);
}

/* Once for each line. */
static void run_on_lines(struct bare *bare)
{
    int c;

    while ((c = getchar()) != EOF)
        if (c == '\n')
            run(bare);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"subscriptions", required_argument, NULL, 'n'},
        {"events", required_argument, NULL, 'm'},
        {"bytes", required_argument, NULL, 'b'},
        {"concurrency", required_argument, NULL, 'c'},
        {"hosts", required_argument, NULL, 'h'},
        {"http2", required_argument, NULL, '2'},
        {"get", required_argument, NULL, 'g'},
        {"ca", required_argument, NULL, 'a'},
        {"public-url", required_argument, NULL, 'u'},
        {"topic", required_argument, NULL, 't'},
        {0}};
    struct bare bare = {.hosts = 1,
                        .bytes = 1024,
                        .concurrency = 1,
                        .public_url = "http://127.0.0.1:8080/",
                        .topic = "http://publisher.example/topic"};
    int option, index;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        unsigned long *number = option == 'p'   ? &bare.port
                                : option == 'n' ? &bare.subscriptions
                                : option == 'm' ? &bare.events
                                : option == 'b' ? &bare.bytes
                                : option == 'c' ? &bare.concurrency
                                : option == 'h' ? &bare.hosts
                                : option == '2' ? &bare.http2
                                : option == 'g' ? &bare.get
                                                : NULL;
        if (option == 'u')
            bare.public_url = optarg;
        else if (option == 't')
            bare.topic = optarg;
        else if (option == 'a')
            bare.ca = optarg;
        else if (number == NULL)
            return 1;
        else
            *number = bench_number(options[index].name, optarg, 100000000);
    }
    if (bare.port == 0 || total(&bare) == 0 || bare.concurrency == 0 ||
        bare.bytes < BENCH_STAMP_BYTES || bare.hosts < 1 ||
        bare.hosts > BENCH_HOSTS_MAX) {
        fprintf(stderr,
                "bench-bare: --port, --subscriptions and --events are "
                "needed; --bytes of at least %d; --hosts 1 to %lu\n",
                BENCH_STAMP_BYTES, BENCH_HOSTS_MAX);
        return 1;
    }
    set_up(&bare);
    run_on_lines(&bare);
    tear_down(&bare);
    return 0;
}
