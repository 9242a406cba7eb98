/* client.c - see client.h.
 *
 *   send -> call_start -- address literal ---> transfer -> on_over
 *              |                                  ^           |
 *              '--> resolving -- on_name: found --'           v
 *                       '--- on_name, on_late --> failed -> call_finish
 *
 * Hosts are divided over several multi handles, since much of what libcurl
 * does for a transfer takes longer the more connections a multi handle has.
 * A call that fails before libcurl has it is reported from the loop, as every
 * answer is.
 *
 * Patient requests start in small groups, while nothing else is to be done.
 * So where answers come faster than this process can take them few transfers
 * are in flight, whose memory stays in the processor's caches (half the time a
 * request, of a thousand in flight); and where answers are slow, all are that
 * may. */
#include "common/http/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/call.h"
#include "common/http/multi.h"
#include "common/http/origin.h"
#include "common/http/resolver.h"
#include "common/http/sockets.h"

#define MULTIS 8
#define SLACK 2           /* hosts don't divide evenly */
#define ORIGINS_MAX 16384 /* 600 bytes each; https 2 KiB and its sessions */
#define PRUNE_EVERY 1024  /* calls of a multi handle; it walks all addresses */
#define GROUP 32          /* patient requests that start together */
#define PATIENCE_US 2000  /* then a group starts whatever else there is */

/* A request that waits for its turn. */
struct waiting_send {
    struct wsub_http_send send;
    STAILQ_ENTRY(waiting_send) next;
};

struct wsub_http_client {
    struct wsub_http_client_options o;
    struct wsub_http_multi *multis[MULTIS]; /* owned */
    unsigned until_prune[MULTIS];
    struct wsub_http_sockets *sockets; /* owned */
    struct wsub_http_origins *origins; /* owned */
    struct wsub_resolver *resolver;    /* owned */
    struct event *report;              /* owned; made active by a failure */
    LIST_HEAD(, wsub_http_call) idle, active;
    TAILQ_HEAD(failed_list, wsub_http_call) failed; /* of the active ones */
    STAILQ_HEAD(send_list, waiting_send)
    waiting; /* for a place among max_calls */
    struct send_list patient;
    uint32_t patient_count;
    struct event *quiet;   /* owned; active while there are patient ones */
    struct event *overdue; /* owned */
    uint32_t calls;        /* active ones */
};

static void call_start(struct wsub_http_client *client,
                       const struct wsub_http_send *send);

/* Starts up to `count` of them; returns how many. */
static uint32_t start_some(struct wsub_http_client *client,
                           struct send_list *list, uint32_t count)
{
    struct waiting_send *first;
    uint32_t started;

    for (started = 0; started < count; started++) {
        first = STAILQ_FIRST(list);
        if (first == NULL || client->calls >= client->o.max_calls)
            break;
        STAILQ_REMOVE_HEAD(list, next);
        call_start(client, &first->send);
        free(first);
    }
    return started;
}

/* Sees to it that patient requests start, once that may be. */
static void plan_group(struct wsub_http_client *client)
{
    struct timeval wait = {0, PATIENCE_US};

    event_active(client->quiet, EV_TIMEOUT, 0);
    if (!evtimer_pending(client->overdue, NULL))
        event_add(client->overdue, &wait);
}

static void on_group(evutil_socket_t fd, short what, void *arg)
{
    struct wsub_http_client *client = arg;

    (void)fd;
    (void)what;
    event_del(client->overdue);
    client->patient_count -= start_some(client, &client->patient, GROUP);
    if (client->patient_count > 0 && client->calls < client->o.max_calls)
        plan_group(client);
}

static void start_waiting(struct wsub_http_client *client)
{
    start_some(client, &client->waiting, UINT32_MAX);
    if (client->patient_count > 0)
        plan_group(client);
}

static void call_finish(struct wsub_http_call *call, CURLcode code)
{
    struct wsub_http_client *client = call->client;
    struct wsub_http_answer answer = wsub_http_call_answer(call, code);

    LIST_REMOVE(call, in_list);
    client->calls--;
    call->send.done(&answer, call->send.arg);
    call->state = WSUB_CALL_IDLE;
    wsub_http_call_unset(call);
    wsub_http_origin_put(client->origins, call->origin);
    call->origin = NULL;
    wsub_buf_done(&call->body);
    LIST_INSERT_HEAD(&client->idle, call, in_list);
    start_waiting(client);
}

static void on_over(CURL *easy, CURLcode code, void *arg)
{
    struct wsub_http_call *call;

    (void)arg;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
    call_finish(call, code);
}

static void call_fail(struct wsub_http_call *call, CURLcode code)
{
    struct wsub_http_client *client = call->client;

    call->state = WSUB_CALL_FAILED;
    call->code = code;
    TAILQ_INSERT_TAIL(&client->failed, call, in_failed);
    event_active(client->report, EV_TIMEOUT, 0);
}

/* Those that fail meanwhile have their own turn of the loop. */
static void on_report(evutil_socket_t fd, short what, void *arg)
{
    struct wsub_http_client *client = arg;
    struct wsub_http_call *call, *last;

    (void)fd;
    (void)what;
    last = TAILQ_LAST(&client->failed, failed_list);
    do {
        call = TAILQ_FIRST(&client->failed);
        TAILQ_REMOVE(&client->failed, call, in_failed);
        call_finish(call, call->code);
    } while (call != last);
}

/* Hands the call to libcurl. */
static void transfer(struct wsub_http_call *call, const char *addresses,
                     uint64_t waited_ms)
{
    struct wsub_http_client *client = call->client;
    unsigned number = call->origin->hash % MULTIS;
    bool prune = client->until_prune[number]-- == 0;

    if (prune)
        client->until_prune[number] = PRUNE_EVERY;
    wsub_http_call_set(call, addresses, client->o.connect_timeout_ms, waited_ms,
                       prune);
    call->state = WSUB_CALL_SENT;
    call->multi = client->multis[number];
    wsub_http_multi_add(call->multi, call->easy);
}

static void use_name(struct wsub_http_call *call, const struct wsub_name *name,
                     uint64_t waited_ms)
{
    static const char *const errors[] = {
        [WSUB_NAME_UNKNOWN] = "Could not resolve host: it has no address",
        [WSUB_NAME_TIMEOUT] = "Resolving timed out: no name server answered",
        [WSUB_NAME_FAILED] = "Could not resolve host: its name servers failed",
    };

    switch (name->status) {
    case WSUB_NAME_FOUND:
        transfer(call, name->addresses, waited_ms);
        return;
    case WSUB_NAME_BLOCKED:
        call->blocked = true;
        break;
    default:
        snprintf(call->error, sizeof(call->error), "%s", errors[name->status]);
        break;
    }
    call_fail(call, name->status == WSUB_NAME_TIMEOUT
                        ? CURLE_OPERATION_TIMEDOUT
                        : CURLE_COULDNT_RESOLVE_HOST);
}

static void on_name(struct wsub_name_wait *wait, const struct wsub_name *name)
{
    struct wsub_http_call *call =
        (struct wsub_http_call *)(void *)((char *)wait -
                                          offsetof(struct wsub_http_call,
                                                   wait));

    event_del(call->late);
    use_name(call, name, wsub_now_ms() - call->started_ms);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    static const struct wsub_name late = {.status = WSUB_NAME_TIMEOUT};
    struct wsub_http_call *call = arg;

    (void)fd;
    (void)what;
    wsub_resolver_drop(&call->wait);
    use_name(call, &late, 0);
}

/* Looking for the name takes its part of the time for connecting. */
static void resolve(struct wsub_http_call *call)
{
    uint32_t limit_ms = call->client->o.connect_timeout_ms;
    const struct wsub_name *name = wsub_resolver_ask(
        call->client->resolver, call->origin->host, &call->wait);
    struct timeval limit;

    if (name != NULL) {
        use_name(call, name, 0);
        return;
    }
    if (limit_ms > call->send.timeout_ms)
        limit_ms = call->send.timeout_ms;
    limit.tv_sec = limit_ms / 1000;
    limit.tv_usec = (suseconds_t)(limit_ms % 1000) * 1000;
    call->state = WSUB_CALL_RESOLVING;
    event_add(call->late, &limit);
}

static struct wsub_http_call *call_get(struct wsub_http_client *client)
{
    struct wsub_http_call *call = LIST_FIRST(&client->idle);

    if (call != NULL) {
        LIST_REMOVE(call, in_list);
        return call;
    }
    call = wsub_http_call_new(&client->o, client->sockets);
    call->client = client;
    call->wait.on_name = on_name;
    call->late = evtimer_new(client->o.base, on_late, call);
    return call;
}

static void call_start(struct wsub_http_client *client,
                       const struct wsub_http_send *send)
{
    struct wsub_http_call *call = call_get(client);

    wsub_http_call_begin(call, send);
    LIST_INSERT_HEAD(&client->active, call, in_list);
    client->calls++;
    call->origin =
        wsub_http_origin_get(client->origins, send->url, &call->path);
    if (call->origin == NULL)
        call_fail(call, CURLE_URL_MALFORMAT);
    else if (call->origin->is_literal)
        transfer(call, NULL, 0);
    else
        resolve(call);
}

void wsub_http_client_send(struct wsub_http_client *client,
                           const struct wsub_http_send *send)
{
    struct waiting_send *waiting;

    if (!send->patient && client->calls < client->o.max_calls) {
        call_start(client, send);
        return;
    }
    waiting = wsub_calloc(1, sizeof(*waiting));
    waiting->send = *send;
    if (send->patient) {
        STAILQ_INSERT_TAIL(&client->patient, waiting, next);
        client->patient_count++;
        plan_group(client);
    } else {
        STAILQ_INSERT_TAIL(&client->waiting, waiting, next);
    }
}

uint32_t wsub_http_client_patient(const struct wsub_http_client *client)
{
    return client->patient_count;
}

/* Connections that a multi handle may hold: its share of all, and enough for
 * the one host that may have them all. */
static uint32_t connections_max(const struct wsub_http_client_options *o)
{
    uint32_t share = SLACK * (o->max_calls / MULTIS + 1);
    uint32_t one_host = o->per_host < o->max_calls ? o->per_host : o->max_calls;

    return share > one_host ? share : one_host;
}

struct wsub_http_client *
wsub_http_client_new(const struct wsub_http_client_options *options)
{
    struct wsub_http_client *client = wsub_calloc(1, sizeof(*client));

    client->o = *options;
    STAILQ_INIT(&client->waiting);
    STAILQ_INIT(&client->patient);
    TAILQ_INIT(&client->failed);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client->sockets = wsub_http_sockets_new(options->base);
    client->origins = wsub_http_origins_new(ORIGINS_MAX);
    client->resolver = wsub_resolver_new(&(struct wsub_resolver_options){
        .base = options->base,
        .servers = options->dns_servers != NULL ? options->dns_servers : "",
        .timeout_ms = options->connect_timeout_ms,
        .allow_private_networks = options->allow_private_networks,
    });
    client->report = evtimer_new(options->base, on_report, client);
    client->quiet = evtimer_new(options->base, on_group, client);
    event_priority_set(client->quiet, WSUB_LOOP_LAST);
    client->overdue = evtimer_new(options->base, on_group, client);
    for (size_t i = 0; i < MULTIS; i++)
        client->multis[i] =
            wsub_http_multi_new(&(struct wsub_http_multi_options){
                .base = options->base,
                .sockets = client->sockets,
                .max_connections = connections_max(options),
                .http2 = options->http2,
                .over = on_over,
            });
    return client;
}

static void call_drop(struct wsub_http_call *call)
{
    LIST_REMOVE(call, in_list);
    if (call->state == WSUB_CALL_SENT)
        wsub_http_multi_remove(call->multi, call->easy);
    wsub_resolver_drop(&call->wait);
    wsub_http_call_unset(call);
    wsub_http_origin_put(call->client->origins, call->origin);
    wsub_http_call_free(call);
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
    struct wsub_http_call *call;

    if (client == NULL)
        return;
    drop_waiting(&client->waiting);
    drop_waiting(&client->patient);
    while ((call = LIST_FIRST(&client->active)) != NULL)
        call_drop(call);
    while ((call = LIST_FIRST(&client->idle)) != NULL)
        call_drop(call);
    for (size_t i = 0; i < MULTIS; i++)
        wsub_http_multi_free(client->multis[i]);
    wsub_resolver_free(client->resolver);
    wsub_http_origins_free(client->origins);
    wsub_http_sockets_free(client->sockets);
    event_free(client->report);
    event_free(client->quiet);
    event_free(client->overdue);
    free(client);
    curl_global_cleanup();
}
