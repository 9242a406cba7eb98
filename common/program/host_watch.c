#include "common/program/host_watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <uthash.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/host/orders.h"
#include "common/host/view.h"
#include "common/store/cluster_events.h"
#include "common/store/host_orders.h"
#include "common/store/store.h"

#define LOOK_MS 5000

/* An order that was carried out. */
struct done {
    UT_hash_handle hh; /* by host */
    uint64_t at_ms;
    bool is_there; /* among those that were read last */
    char host[];
};

struct wsub_host_watch {
    struct wsub_store *store; /* borrowed */
    struct wsub_hosts *hosts; /* borrowed */
    struct wsub_timer look;
    struct done *done; /* owned */
    bool is_reading;
};

static json_t *view_json(const struct wsub_host_view *view)
{
    json_t *row = json_pack(
        "{s:s, s:s, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I}",
        "host", view->host, "breaker", wsub_breaker_name(view->breaker),
        "closed_ms", (json_int_t)view->closed_ms, "asked", (int)view->is_asked,
        "failures", (json_int_t)view->failures, "openings",
        (json_int_t)view->openings, "limit", (json_int_t)view->limit,
        "limit_max", (json_int_t)view->limit_max, "sending",
        (json_int_t)view->sending, "lingering", (json_int_t)view->lingering,
        "waiting", (json_int_t)view->waiting, "parked", (int)view->is_parked,
        "failing_endpoints", (json_int_t)view->failing);

    json_object_set_new(row, "latency_ms",
                        view->latency_us > 0
                            ? json_real((double)view->latency_us / 1000)
                            : json_null());
    json_object_set_new(row, "good_ms",
                        view->was_good ? json_integer((json_int_t)view->good_ms)
                                       : json_null());
    json_object_set_new(row, "failing_ms",
                        view->is_failing
                            ? json_integer((json_int_t)view->failing_ms)
                            : json_null());
    json_object_set_new(row, "last_failure",
                        view->failure[0] != '\0' ? json_string(view->failure)
                                                 : json_null());
    return row;
}

static void report(struct wsub_host_watch *watch)
{
    struct wsub_host_view *views =
        wsub_calloc(WSUB_HOST_WATCH_MAX, sizeof(*views));
    size_t count = wsub_hosts_view(watch->hosts, views, WSUB_HOST_WATCH_MAX,
                                   wsub_now_us());
    json_t *rows = json_array();
    char *text;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, view_json(&views[i]));
    text = json_dumps(rows, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    wsub_host_report(watch->store,
                     wsub_store_config(watch->store)->instance_name, text);
    free(text);
    json_decref(rows);
    free(views);
}

/* Orders name hosts as reports do. */
static bool parse_host(const char *host, struct wsub_url *ret_url)
{
    struct wsub_buf text = {0};
    bool is_one;

    wsub_buf_printf(&text, "%s/", host);
    is_one = wsub_url_parse(text.data, NULL, ret_url) == WSUB_URL_FINE;
    wsub_buf_done(&text);
    return is_one;
}

static void carry_out(struct wsub_host_watch *watch,
                      const struct wsub_host_order_row *order,
                      uint64_t redis_now_ms)
{
    uint64_t now_us = wsub_now_us();
    struct wsub_url url;

    if (!parse_host(order->host, &url))
        return;
    if (order->action == WSUB_HOST_ACTION_OPEN)
        wsub_host_order_open(watch->hosts, &url,
                             now_us + (order->until_ms - redis_now_ms) * 1000,
                             now_us);
    else
        wsub_host_order_close(watch->hosts, &url, now_us);
    wsub_log_info("host-ordered", WSUB_KV("host", order->host),
                  WSUB_KV("breaker", wsub_host_action_name(order->action)));
}

/* Returns whether the order is a new one. */
static bool note(struct wsub_host_watch *watch,
                 const struct wsub_host_order_row *order)
{
    size_t len = strlen(order->host);
    struct done *done;
    bool is_new;

    HASH_FIND_STR(watch->done, order->host, done);
    if (done == NULL) {
        done = wsub_calloc(1, sizeof(*done) + len + 1);
        memcpy(done->host, order->host, len + 1);
        HASH_ADD_STR(watch->done, host, done);
    }
    is_new = done->at_ms != order->at_ms;
    done->at_ms = order->at_ms;
    done->is_there = true;
    return is_new;
}

static void forget_gone(struct wsub_host_watch *watch)
{
    struct done *done, *next;

    HASH_ITER(hh, watch->done, done, next)
    {
        if (!done->is_there) {
            HASH_DEL(watch->done, done);
            free(done);
        } else {
            done->is_there = false;
        }
    }
}

static void on_orders(enum wsub_err err, const struct wsub_host_order_row *rows,
                      size_t count, void *arg)
{
    struct wsub_host_watch *watch = arg;
    uint64_t now_ms = wsub_store_time_ms(watch->store);

    watch->is_reading = false;
    if (err != WSUB_OK || now_ms == 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (rows[i].until_ms > now_ms && note(watch, &rows[i]))
            carry_out(watch, &rows[i], now_ms);
    forget_gone(watch);
}

void wsub_host_watch_look(struct wsub_host_watch *watch)
{
    if (watch->is_reading || !wsub_store_up(watch->store))
        return;
    watch->is_reading = true;
    wsub_host_orders(watch->store, on_orders, watch);
}

static void on_look(void *arg)
{
    struct wsub_host_watch *watch = arg;

    wsub_timer_start_ms(&watch->look, LOOK_MS);
    if (!wsub_store_up(watch->store))
        return;
    report(watch);
    wsub_host_watch_look(watch);
}

struct wsub_host_watch *wsub_host_watch_new(struct event_base *base,
                                            struct wsub_store *store,
                                            struct wsub_hosts *hosts)
{
    struct wsub_host_watch *watch = wsub_calloc(1, sizeof(*watch));

    watch->store = store;
    watch->hosts = hosts;
    wsub_timer_init(&watch->look, base, on_look, watch);
    wsub_timer_start_ms(&watch->look, 0);
    return watch;
}

void wsub_host_watch_free(struct wsub_host_watch *watch)
{
    if (watch == NULL)
        return;
    wsub_timer_done(&watch->look);
    forget_gone(watch); /* all: none is marked between two readings */
    free(watch);
}

void wsub_host_watch_event(struct wsub_host_watch *watch,
                           const struct wsub_cluster_event *event)
{
    if (event != NULL && event->kind == WSUB_EVENT_HOST_ORDERED)
        wsub_host_watch_look(watch);
}
