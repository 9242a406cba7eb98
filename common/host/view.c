#include "common/host/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/host/parts.h"

#define AT_REST_MAX 4096             /* looked at */
#define TROUBLED (UINT64_C(1) << 32) /* beyond any number of requests */

struct ranked {
    const struct wsub_host *host; /* borrowed */
    uint64_t rank;
};

struct list {
    struct ranked *rows; /* owned */
    size_t count, room;
};

static uint32_t waiting(const struct wsub_host *host)
{
    const struct wsub_endpoint *endpoint;
    uint32_t count = host->gate.urgent.count + host->gate.normal.count;

    LIST_FOREACH(endpoint, &host->endpoints, in_host)
    count += endpoint->gate.urgent.count + endpoint->gate.normal.count;
    return count;
}

static uint32_t failing(const struct wsub_host *host)
{
    const struct wsub_endpoint *endpoint;
    uint32_t count = 0;

    LIST_FOREACH(endpoint, &host->endpoints, in_host)
    count += endpoint->failing;
    return count;
}

static bool is_troubled(const struct wsub_host *host, uint64_t now_us)
{
    return host->gate.breaker.state != WSUB_BREAKER_CLOSED ||
           host->gate.breaker.failures > 0 ||
           host->gate.asked_until_us > now_us || host->gate.parked;
}

static void add(struct list *list, const struct wsub_host *host,
                uint64_t now_us)
{
    if (list->count == list->room) {
        list->room = list->room == 0 ? 64 : list->room * 2;
        list->rows = wsub_realloc(list->rows, list->room * sizeof(*list->rows));
    }
    list->rows[list->count++] = (struct ranked){
        .host = host,
        .rank = (is_troubled(host, now_us) ? TROUBLED : 0) + host->sending +
                host->lingering + waiting(host),
    };
}

static int higher_first(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;

    return (one->rank < other->rank) - (one->rank > other->rank);
}

static void collect(const struct wsub_host_table *table, struct list *list,
                    uint64_t now_us)
{
    const struct wsub_host *host;
    struct wsub_gate *gate;
    size_t looked = 0;

    LIST_FOREACH(host, &table->in_use, next)
    add(list, host, now_us);
    TAILQ_FOREACH_REVERSE(gate, &table->at_rest[0], wsub_gate_list, next)
    {
        if (looked++ == AT_REST_MAX)
            break;
        add(list, wsub_gate_host(gate), now_us);
    }
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof(*list->rows), higher_first);
}

static void print_failure(const struct wsub_host_failures *failures, char *text)
{
    static const char *const texts[WSUB_HOST_SIGN_MAX_] = {
        [WSUB_HOST_SIGN_TIMEOUT] = "no response in time",
        [WSUB_HOST_SIGN_BROKEN] = "the connection broke",
        [WSUB_HOST_SIGN_UNREACHED] = "not reached",
    };
    const char *reason = texts[failures->last];

    if (failures->status != 0)
        snprintf(text, WSUB_HOST_FAILURE_BYTES, "HTTP status %u",
                 failures->status);
    else
        snprintf(text, WSUB_HOST_FAILURE_BYTES, "%s",
                 reason != NULL ? reason : "");
}

static struct wsub_host_view view_of(const struct wsub_host *host,
                                     uint64_t now_us)
{
    const struct wsub_gate *gate = &host->gate;
    struct wsub_host_view view = {
        .breaker = gate->breaker.state,
        .failures = gate->breaker.failures,
        .openings = gate->breaker.openings,
        .limit = host->limit.now,
        .limit_max = host->limit.max,
        .sending = host->sending,
        .lingering = host->lingering,
        .waiting = waiting(host),
        .is_parked = gate->parked,
        .failing = failing(host),
        .latency_us = host->limit.smooth_us,
        .was_good = host->good_us > 0,
        .is_failing = host->failures.since_us > 0,
    };

    if (view.was_good)
        view.good_ms = (now_us - host->good_us) / 1000;
    if (view.is_failing)
        view.failing_ms = (now_us - host->failures.since_us) / 1000;
    print_failure(&host->failures, view.failure);
    view.is_asked =
        wsub_gate_closed(gate, now_us, &view.closed_ms) == WSUB_HOST_ASKED;
    if (!view.is_asked && view.closed_ms > 0)
        view.closed_ms = wsub_breaker_wait_ms(&gate->breaker, now_us);
    wsub_host_text(host, view.host);
    return view;
}

size_t wsub_hosts_view(const struct wsub_hosts *hosts,
                       struct wsub_host_view *ret_views, size_t max,
                       uint64_t now_us)
{
    struct list list = {0};
    size_t count;

    collect(&hosts->table, &list, now_us);
    count = list.count < max ? list.count : max;
    for (size_t i = 0; i < count; i++)
        ret_views[i] = view_of(list.rows[i].host, now_us);
    free(list.rows);
    return count;
}
