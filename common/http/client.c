/* client.c - see client.h.
 *
 *   send -> exchange_start -- address literal ---> hand_over -> on_over
 *              |                                   ^            |
 *              '--> resolving -- on_name: found ---'            v
 *                       '--- on_name, on_late ---> failed -> exchange_finish
 *
 * Hosts are spread over several multi handles, since much of what libcurl does
 * for a request takes longer the more connections a multi handle has.  The
 * client reports a request that fails before libcurl has it from the loop, as
 * it does every response.
 *
 * Background requests start in small groups, while the loop has nothing else
 * to do.  So where responses come faster than this process can read them, few
 * requests are in flight, and their memory stays in the processor's caches
 * (half the time per request that a thousand in flight take).  Where responses
 * are slow, as many are in flight as may be. */
#include "common/http/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/container_of.h"
#include "common/base/files.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/client_stats.h"
#include "common/http/exchange.h"
#include "common/http/multi.h"
#include "common/http/origin.h"
#include "common/net/egress.h"
#include "common/net/resolver.h"
#include "common/http/sockets.h"

#define MULTIS 8
#define ORIGINS_MAX 16384 /* 600 bytes each; https 2 KiB and its sessions */
/* Requests of a multi handle; it walks all addresses. */
#define PRUNE_EVERY 1024
#define GROUP 32               /* background requests that start together */
#define BACKGROUND_MAX_US 2000 /* then a group starts whatever else there is */

/* A request that has not started. */
struct waiting_send {
    struct wsub_http_send send;
    STAILQ_ENTRY(waiting_send) next;
};

struct wsub_http_client {
    struct wsub_http_client_options o;
    struct wsub_http_multi *multis[MULTIS]; /* owned; the first `multi_count` */
    unsigned multi_count;
    unsigned until_prune[MULTIS];
    struct wsub_http_sockets *sockets; /* owned */
    struct wsub_http_origins *origins; /* owned */
    struct wsub_resolver *resolver;    /* owned */
    struct wsub_http_origin *proxy;    /* of the origins; NULL: none */
    struct wsub_timer report;          /* started by a failure */
    LIST_HEAD(, wsub_http_exchange) idle, active;
    TAILQ_HEAD(failed_list, wsub_http_exchange) failed; /* of the active ones */
    STAILQ_HEAD(send_list, waiting_send)
    waiting; /* for one of max_requests to end */
    struct send_list background;
    uint32_t background_count;
    struct wsub_timer quiet; /* runs while there are background ones */
    struct wsub_timer overdue;
    uint32_t in_flight; /* active ones */
};

static void exchange_start(struct wsub_http_client *client,
                           const struct wsub_http_send *send);

/* Starts up to `count` of them; returns how many. */
static uint32_t start_some(struct wsub_http_client *client,
                           struct send_list *list, uint32_t count)
{
    struct waiting_send *first;
    uint32_t started;

    for (started = 0; started < count; started++) {
        first = STAILQ_FIRST(list);
        if (first == NULL || client->in_flight >= client->o.max_requests)
            break;
        STAILQ_REMOVE_HEAD(list, next);
        exchange_start(client, &first->send);
        free(first);
    }
    return started;
}

/* Sees to it that background requests start as soon as they may. */
static void plan_group(struct wsub_http_client *client)
{
    wsub_timer_now(&client->quiet);
    wsub_timer_plan_us(&client->overdue, BACKGROUND_MAX_US);
}

static void on_group(void *arg)
{
    struct wsub_http_client *client = arg;

    wsub_timer_stop(&client->overdue);
    client->background_count -= start_some(client, &client->background, GROUP);
    if (client->background_count > 0 &&
        client->in_flight < client->o.max_requests)
        plan_group(client);
}

static void start_waiting(struct wsub_http_client *client)
{
    start_some(client, &client->waiting, UINT32_MAX);
    if (client->background_count > 0)
        plan_group(client);
}

static void count_refused(const struct wsub_http_exchange *exchange,
                          enum wsub_http_outcome outcome)
{
    enum wsub_http_client_stat stat;

    if (outcome == WSUB_HTTP_CROWDED)
        stat = WSUB_HTTP_CLIENT_STAT_CROWDED;
    else if (outcome == WSUB_HTTP_BLOCKED)
        stat = exchange->bad_port ? WSUB_HTTP_CLIENT_STAT_PORT
                                  : WSUB_HTTP_CLIENT_STAT_ADDRESS;
    else
        return;
    wsub_metric_add(&wsub_http_client_stats[stat], 1);
}

static void exchange_finish(struct wsub_http_exchange *exchange, CURLcode code)
{
    struct wsub_http_client *client = exchange->client;
    struct wsub_http_response response =
        wsub_http_exchange_response(exchange, code);

    count_refused(exchange, response.outcome);
    LIST_REMOVE(exchange, in_list);
    client->in_flight--;
    exchange->send.done(&response, exchange->send.arg);
    exchange->state = WSUB_EXCHANGE_IDLE;
    wsub_http_exchange_unset(exchange);
    wsub_http_origin_put(client->origins, exchange->origin);
    exchange->origin = NULL;
    wsub_buf_done(&exchange->body);
    LIST_INSERT_HEAD(&client->idle, exchange, in_list);
    start_waiting(client);
}

static void on_socket(CURL *easy, curl_socket_t fd, void *arg)
{
    struct wsub_http_exchange *exchange;

    (void)arg;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    exchange->connection.socket = fd;
}

static void on_over(CURL *easy, CURLcode code, void *arg)
{
    struct wsub_http_exchange *exchange;

    (void)arg;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    exchange_finish(exchange, code);
}

static void exchange_fail(struct wsub_http_exchange *exchange, CURLcode code)
{
    struct wsub_http_client *client = exchange->client;

    exchange->state = WSUB_EXCHANGE_FAILED;
    exchange->code = code;
    TAILQ_INSERT_TAIL(&client->failed, exchange, in_failed);
    wsub_timer_now(&client->report);
}

static void block(struct wsub_http_exchange *exchange)
{
    exchange->blocked = true;
    exchange_fail(exchange, CURLE_COULDNT_CONNECT);
}

/* Requests that fail meanwhile are reported by another round of the loop. */
static void on_report(void *arg)
{
    struct wsub_http_client *client = arg;
    struct wsub_http_exchange *exchange, *last;

    last = TAILQ_LAST(&client->failed, failed_list);
    do {
        exchange = TAILQ_FIRST(&client->failed);
        TAILQ_REMOVE(&client->failed, exchange, in_failed);
        exchange_finish(exchange, exchange->code);
    } while (exchange != last);
}

/* Hands the request to libcurl. */
static void hand_over(struct wsub_http_exchange *exchange,
                      const char *addresses, uint64_t waited_ms)
{
    struct wsub_http_client *client = exchange->client;
    unsigned number = exchange->origin->hash % client->multi_count;
    bool prune = client->until_prune[number]-- == 0;

    if (prune)
        client->until_prune[number] = PRUNE_EVERY;
    wsub_http_exchange_set(exchange, addresses, client->o.connect_timeout_ms,
                           waited_ms, prune);
    exchange->state = WSUB_EXCHANGE_SENT;
    exchange->multi = client->multis[number];
    wsub_http_multi_add(exchange->multi, exchange->easy);
}

static bool may_go(const struct wsub_http_exchange *exchange,
                   const char *addresses)
{
    const struct wsub_http_send *send = &exchange->send;

    return exchange->proxy != NULL || send->may_go == NULL ||
           send->may_go(addresses, send->arg);
}

static void use_name(struct wsub_http_exchange *exchange,
                     const struct wsub_name *name, uint64_t waited_ms)
{
    static const char *const errors[] = {
        [WSUB_NAME_UNKNOWN] = "Could not resolve host: it has no address",
        [WSUB_NAME_TIMEOUT] = "Resolving timed out: no name server responded",
        [WSUB_NAME_FAILED] = "Could not resolve host: its name servers failed",
    };

    switch (name->status) {
    case WSUB_NAME_FOUND:
        if (may_go(exchange, name->addresses)) {
            hand_over(exchange, name->addresses, waited_ms);
            return;
        }
        exchange->crowded = true;
        break;
    case WSUB_NAME_BLOCKED:
        exchange->blocked = true;
        break;
    case WSUB_NAME_FAILED:
        exchange->starved = wsub_files_no_socket(); /* to ask a server */
        /* fallthrough */
    default:
        snprintf(exchange->error, sizeof(exchange->error), "%s",
                 errors[name->status]);
        break;
    }
    exchange_fail(exchange, name->status == WSUB_NAME_TIMEOUT
                                ? CURLE_OPERATION_TIMEDOUT
                                : CURLE_COULDNT_RESOLVE_HOST);
}

static void on_name(struct wsub_name_wait *wait, const struct wsub_name *name)
{
    struct wsub_http_exchange *exchange =
        wsub_container_of(wait, struct wsub_http_exchange, wait);

    wsub_timer_stop(&exchange->late);
    use_name(exchange, name, wsub_now_ms() - exchange->started_ms);
}

static void on_late(void *arg)
{
    static const struct wsub_name late = {.status = WSUB_NAME_TIMEOUT};
    struct wsub_http_exchange *exchange = arg;

    wsub_resolver_drop(&exchange->wait);
    use_name(exchange, &late, 0);
}

/* Where the connection is made to. */
static const struct wsub_http_origin *
goes_to(const struct wsub_http_exchange *exchange)
{
    return exchange->proxy != NULL ? exchange->proxy : exchange->origin;
}

/* An address in the URL is checked when the socket is opened, unless that is to
 * the proxy. */
static bool is_allowed(struct wsub_http_exchange *exchange)
{
    const struct wsub_http_origin *origin = exchange->origin;
    const struct wsub_egress *egress = exchange->client->o.egress;
    bool is_literal;

    exchange->bad_port = !wsub_egress_allows_port(egress, origin->port_number);
    if (exchange->bad_port)
        return false;
    return exchange->proxy == NULL || !origin->is_literal ||
           wsub_egress_allows_text(egress, origin->host, &is_literal);
}

/* Looking for the name takes its part of the time for connecting. */
static void resolve(struct wsub_http_exchange *exchange)
{
    uint32_t limit_ms = exchange->client->o.connect_timeout_ms;
    const struct wsub_name *name = wsub_resolver_find(
        exchange->client->resolver, goes_to(exchange)->host, &exchange->wait);

    if (name != NULL) {
        use_name(exchange, name, 0);
        return;
    }
    if (limit_ms > exchange->send.timeout_ms)
        limit_ms = exchange->send.timeout_ms;
    exchange->state = WSUB_EXCHANGE_RESOLVING;
    wsub_timer_start_ms(&exchange->late, limit_ms);
}

static struct wsub_http_exchange *exchange_get(struct wsub_http_client *client)
{
    struct wsub_http_exchange *exchange = LIST_FIRST(&client->idle);

    if (exchange != NULL) {
        LIST_REMOVE(exchange, in_list);
        return exchange;
    }
    exchange = wsub_http_exchange_new(client->sockets, &client->o);
    exchange->proxy = client->proxy;
    exchange->client = client;
    exchange->wait.on_name = on_name;
    wsub_timer_init(&exchange->late, client->o.base, on_late, exchange);
    return exchange;
}

static void exchange_start(struct wsub_http_client *client,
                           const struct wsub_http_send *send)
{
    struct wsub_http_exchange *exchange = exchange_get(client);

    wsub_http_exchange_begin(exchange, send);
    LIST_INSERT_HEAD(&client->active, exchange, in_list);
    client->in_flight++;
    exchange->origin =
        wsub_http_origin_get(client->origins, send->url, &exchange->path);
    if (exchange->origin == NULL)
        exchange_fail(exchange, CURLE_URL_MALFORMAT);
    else if (!is_allowed(exchange))
        block(exchange);
    else if (goes_to(exchange)->is_literal)
        hand_over(exchange, NULL, 0);
    else
        resolve(exchange);
}

void wsub_http_client_send(struct wsub_http_client *client,
                           const struct wsub_http_send *send)
{
    struct waiting_send *waiting;

    if (!send->background && client->in_flight < client->o.max_requests) {
        exchange_start(client, send);
        return;
    }
    waiting = wsub_calloc(1, sizeof(*waiting));
    waiting->send = *send;
    if (send->background) {
        STAILQ_INSERT_TAIL(&client->background, waiting, next);
        client->background_count++;
        plan_group(client);
    } else {
        STAILQ_INSERT_TAIL(&client->waiting, waiting, next);
    }
}

const char *wsub_http_client_addresses(const struct wsub_http_client *client,
                                       const char *host)
{
    const struct wsub_name *name = wsub_resolver_known(client->resolver, host);

    return name != NULL ? name->addresses : "";
}

uint32_t wsub_http_client_background(const struct wsub_http_client *client)
{
    return client->background_count;
}

/* Connections that a multi handle may hold: its share of all, and enough for
 * the one host that may have them all. */
static uint32_t connections_max(const struct wsub_http_client_options *o)
{
    uint32_t share = o->kept_connections / MULTIS + 1;
    uint32_t one_host =
        o->per_host < o->max_requests ? o->per_host : o->max_requests;

    return share > one_host ? share : one_host;
}

uint32_t wsub_http_client_requests_max(uint32_t max_sockets)
{
    return max_sockets - max_sockets / 4;
}

/* Connections that each of several multi handles may hold: fewer where there are
 * not enough sockets for what they would like to keep.  0: too few to be spread,
 * one multi handle knows all connections and closes a kept one for a new one. */
static uint32_t spread_max(const struct wsub_http_client_options *o)
{
    uint32_t wanted = connections_max(o), spare;
    uint32_t least = o->max_requests / MULTIS + 1; /* an even share */

    if (o->max_sockets == 0)
        return wanted;
    spare = o->max_sockets > o->max_requests
                ? (o->max_sockets - o->max_requests) / MULTIS
                : 0;
    if (spare < least || spare < o->per_host)
        return 0;
    return wanted < spare ? wanted : spare;
}

/* More than can be in flight, and a few sockets less than there are: a new
 * connection may try two addresses at once. */
static uint32_t total_max(const struct wsub_http_client_options *o)
{
    return o->max_sockets - o->max_sockets / 8;
}

static void make_multis(struct wsub_http_client *client)
{
    uint32_t each = spread_max(&client->o);
    bool tight = each == 0;

    client->multi_count = tight ? 1 : MULTIS;
    for (size_t i = 0; i < client->multi_count; i++)
        client->multis[i] =
            wsub_http_multi_new(&(struct wsub_http_multi_options){
                .base = client->o.base,
                .sockets = client->sockets,
                .max_connections =
                    tight ? client->o.max_sockets : connections_max(&client->o),
                .max_total = tight ? total_max(&client->o) : 0,
                .http2 = client->o.http2,
                .on_socket = on_socket,
                .over = on_over,
            });
}

/* It is parsed as URLs are; of the scheme libcurl makes something itself. */
static struct wsub_http_origin *find_proxy(struct wsub_http_client *client)
{
    const char *text = client->o.proxy;
    struct wsub_http_origin *origin;
    struct wsub_buf url = {0};
    const char *rest;

    if (text == NULL || text[0] == '\0')
        return NULL;
    wsub_buf_printf(&url, "http://%s", strstr(text, "://") + 3);
    origin = wsub_http_origin_get(client->origins, wsub_buf_cstr(&url), &rest);
    if (origin == NULL)
        wsub_panic("the proxy was not checked");
    wsub_buf_done(&url);
    return origin;
}

struct wsub_http_client *
wsub_http_client_new(const struct wsub_http_client_options *options)
{
    struct wsub_http_client *client = wsub_calloc(1, sizeof(*client));

    client->o = *options;
    if (options->max_sockets > 0 &&
        options->max_requests >
            wsub_http_client_requests_max(options->max_sockets))
        client->o.max_requests =
            wsub_http_client_requests_max(options->max_sockets);
    STAILQ_INIT(&client->waiting);
    STAILQ_INIT(&client->background);
    TAILQ_INIT(&client->failed);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client->sockets =
        wsub_http_sockets_new(options->base, options->max_sockets);
    client->origins = wsub_http_origins_new(ORIGINS_MAX);
    client->proxy = find_proxy(client);
    client->resolver = wsub_resolver_new(&(struct wsub_resolver_options){
        .base = options->base,
        .servers = options->dns_servers != NULL ? options->dns_servers : "",
        .timeout_ms = options->connect_timeout_ms,
        .egress = client->proxy != NULL ? NULL : options->egress,
    });
    wsub_timer_init(&client->report, options->base, on_report, client);
    wsub_timer_init(&client->quiet, options->base, on_group, client);
    wsub_timer_priority(&client->quiet, WSUB_LOOP_LAST);
    wsub_timer_init(&client->overdue, options->base, on_group, client);
    make_multis(client);
    return client;
}

static void exchange_drop(struct wsub_http_exchange *exchange)
{
    LIST_REMOVE(exchange, in_list);
    if (exchange->state == WSUB_EXCHANGE_SENT)
        wsub_http_multi_remove(exchange->multi, exchange->easy);
    wsub_resolver_drop(&exchange->wait);
    wsub_http_exchange_unset(exchange);
    wsub_http_origin_put(exchange->client->origins, exchange->origin);
    wsub_http_exchange_free(exchange);
}

static void drop_waiting(struct send_list *list)
{
    struct waiting_send *waiting;

    while ((waiting = STAILQ_FIRST(list)) != NULL) {
        STAILQ_REMOVE_HEAD(list, next);
        free(waiting);
    }
}

void wsub_http_client_free(struct wsub_http_client *client)
{
    struct wsub_http_exchange *exchange;

    if (client == NULL)
        return;
    drop_waiting(&client->waiting);
    drop_waiting(&client->background);
    while ((exchange = LIST_FIRST(&client->active)) != NULL)
        exchange_drop(exchange);
    while ((exchange = LIST_FIRST(&client->idle)) != NULL)
        exchange_drop(exchange);
    for (size_t i = 0; i < MULTIS; i++)
        wsub_http_multi_free(client->multis[i]);
    wsub_resolver_free(client->resolver);
    wsub_http_origin_put(client->origins, client->proxy);
    wsub_http_origins_free(client->origins);
    wsub_http_sockets_free(client->sockets);
    wsub_timer_done(&client->report);
    wsub_timer_done(&client->quiet);
    wsub_timer_done(&client->overdue);
    free(client);
    curl_global_cleanup();
}
