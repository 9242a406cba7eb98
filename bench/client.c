/* client.c - bench-client: the programs' HTTP client by itself.
 *
 *   bench-client --port P --callbacks N --requests M [--hosts H]
 *                [--concurrency C] [--bytes B] [--dns IP:PORT]
 *
 * POSTs M requests to N callbacks of `bench-sink --wildcard` with the headers
 * of a delivery, C at a time, through common/http/client.h.  Without Redis,
 * queue and signature, it shows what a change of the client gains, also under
 * valgrind --tool=callgrind.  Callbacks are where callback.h says, or, with
 * --dns, on the host h(i mod H).test.
 *
 * Prints one line of JSON. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "bench/callback.h"
#include "bench/stamp.h"
#include "common/base/buf.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/client.h"

#define TIMEOUT_MS 10000 /* as deliver's default */
#define CONNECT_TIMEOUT_MS 3000
#define PER_HOST 64

struct bench {
    unsigned long port, callbacks, requests, hosts, concurrency, bytes;
    const char *dns;
    struct wsub_loop *loop;
    struct wsub_http_client *client;
    struct curl_slist *headers;
    char **urls; /* one a callback */
    char *body;
    uint64_t started, finished, failed;
};

static void start(struct bench *bench);

static void on_answer(const struct wsub_http_response *answer, void *arg)
{
    struct bench *bench = arg;

    bench->failed += answer->status < 200 || answer->status > 299;
    if (++bench->finished == bench->requests)
        wsub_loop_finish(bench->loop, WSUB_EXIT_OK);
    else
        start(bench);
}

static void start(struct bench *bench)
{
    if (bench->started == bench->requests)
        return;
    wsub_http_client_send(
        bench->client,
        &(struct wsub_http_send){
            .url = bench->urls[bench->started++ % bench->callbacks],
            .headers = bench->headers,
            .body = bench->body,
            .body_len = bench->bytes,
            .timeout_ms = TIMEOUT_MS,
            .response_max_bytes = 65536,
            .done = on_answer,
            .arg = bench,
        });
}

static void make_headers(struct bench *bench)
{
    static const char *const lines[] = {
        "X-Hub-Signature: sha256=0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef",
        "Content-Type: application/json",
        "Link: <http://127.0.0.1:8080/>; rel=\"hub\", "
        "<http://publisher.example/topic>; rel=\"self\"",
        "User-Agent: websubd/" WSUB_VERSION " (+http://127.0.0.1:8080/)",
        "Expect:",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        bench->headers = curl_slist_append(bench->headers, lines[i]);
}

static void make_urls(struct bench *bench)
{
    bench->urls = wsub_calloc(bench->callbacks, sizeof(*bench->urls));
    for (unsigned long i = 0; i < bench->callbacks; i++) {
        struct wsub_buf url = {0};

        if (bench->dns != NULL)
            wsub_buf_printf(&url,
                            "http://h%lu.test:%lu" BENCH_CALLBACK_PATH "%lu",
                            i % bench->hosts, bench->port, i);
        else
            bench_callback_url(&(struct bench_callbacks){.port = bench->port,
                                                         .hosts = bench->hosts},
                               i, &url);
        bench->urls[i] = wsub_buf_take(&url);
    }
}

static void set_up(struct bench *bench)
{
    make_headers(bench);
    make_urls(bench);
    bench->body = wsub_calloc(1, bench->bytes);
    bench_stamp_fill(bench->body, bench->bytes, bench_now_ns(), 0);
    bench->loop = wsub_loop_new(0);
    bench->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = wsub_loop_base(bench->loop),
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .max_requests = (uint32_t)bench->concurrency,
        .per_host = PER_HOST,
        .dns_servers = bench->dns,
    });
}

static void on_drain(void *arg)
{
    struct bench *bench = arg;

    wsub_loop_finish(bench->loop, WSUB_EXIT_DRAIN);
}

static void run(struct bench *bench)
{
    uint64_t began_ns = bench_now_ns();
    double seconds, cpu_s = bench_cpu_s();

    for (unsigned long i = 0; i < bench->concurrency; i++)
        start(bench);
    wsub_loop_run(bench->loop, on_drain, bench);
    seconds = (double)(bench_now_ns() - began_ns) / 1e9;
    cpu_s = bench_cpu_s() - cpu_s;
    printf("{\"requests\":%" PRIu64 ",\"failed\":%" PRIu64
           ",\"rate\":%.1f,\"cpu_us_per_request\":%.2f}\n",
           bench->finished, bench->failed, (double)bench->finished / seconds,
           cpu_s * 1e6 / (double)bench->finished);
}

static void tear_down(struct bench *bench)
{
    wsub_http_client_free(bench->client);
    wsub_loop_free(bench->loop);
    curl_slist_free_all(bench->headers);
    for (unsigned long i = 0; i < bench->callbacks; i++)
        free(bench->urls[i]);
    free(bench->urls);
    free(bench->body);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"callbacks", required_argument, NULL, 'n'},
        {"requests", required_argument, NULL, 'm'},
        {"hosts", required_argument, NULL, 'h'},
        {"concurrency", required_argument, NULL, 'c'},
        {"bytes", required_argument, NULL, 'b'},
        {"dns", required_argument, NULL, 'd'},
        {0}};
    struct bench bench = {.hosts = 1, .bytes = 1024, .concurrency = 64};
    int option, index;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        unsigned long *number = option == 'p'   ? &bench.port
                                : option == 'n' ? &bench.callbacks
                                : option == 'm' ? &bench.requests
                                : option == 'h' ? &bench.hosts
                                : option == 'c' ? &bench.concurrency
                                : option == 'b' ? &bench.bytes
                                                : NULL;
        if (option == 'd')
            bench.dns = optarg;
        else if (number == NULL)
            return 1;
        else
            *number = bench_number(options[index].name, optarg, 100000000);
    }
    if (bench.port == 0 || bench.callbacks == 0 || bench.requests == 0 ||
        bench.concurrency == 0 || bench.bytes < BENCH_STAMP_BYTES ||
        bench.hosts < 1 || bench.hosts > BENCH_HOSTS_MAX) {
        fprintf(stderr,
                "bench-client: --port, --callbacks and --requests are needed; "
                "--bytes of at least %d; --hosts 1 to %lu\n",
                BENCH_STAMP_BYTES, BENCH_HOSTS_MAX);
        return 1;
    }
    set_up(&bench);
    run(&bench);
    tear_down(&bench);
    return bench.failed > 0;
}
