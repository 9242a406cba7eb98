/* host_orders.h - what operators want of hosts (host_order.lua), and what the
 * processes say of these.
 *
 * An order holds for all processes: they read the orders when a cluster event tells
 * of one, and every few seconds.  What a process says of its hosts is a text of JSON
 * that ends after WSUB_HOST_REPORT_KEPT_MS unless it says it again. */
#ifndef WSUB_STORE_HOST_ORDERS_H
#define WSUB_STORE_HOST_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define WSUB_HOST_REPORT_KEPT_MS 15000
#define WSUB_HOST_ORDERS_MAX 1000
/* An order to close a breaker is carried out once, by whoever sees it within it. */
#define WSUB_HOST_CLOSE_MS 60000

struct wsub_store;

enum wsub_host_action { WSUB_HOST_ACTION_OPEN, WSUB_HOST_ACTION_CLOSE };

/* "open" or "close" */
const char *wsub_host_action_name(enum wsub_host_action action);

struct wsub_host_order_row {
    const char *host; /* borrowed for the callback; SCHEME://NAME:PORT */
    enum wsub_host_action action;
    uint64_t at_ms, until_ms; /* Unix time of Redis */
};

/* WSUB_ERR_FULL: there are as many orders as may be; else any error of Redis.
 * `until_ms` is when the order ends. */
typedef void wsub_host_ordered_cb(enum wsub_err err, uint64_t until_ms,
                                  void *arg);

/* Stores an order; tried once: `cb` is called once, maybe during this call. */
void wsub_host_order(struct wsub_store *store, const char *host,
                     enum wsub_host_action action, uint64_t for_ms,
                     wsub_host_ordered_cb *cb, void *arg);

/* `rows` is valid during the call; without those that can't be read. */
typedef void wsub_host_orders_cb(enum wsub_err err,
                                 const struct wsub_host_order_row *rows,
                                 size_t count, void *arg);

/* Reads all orders, also such as are over; tried once. */
void wsub_host_orders(struct wsub_store *store, wsub_host_orders_cb *cb,
                      void *arg);

/* Says what the hosts of the process do: `report` is a text of JSON.  Tried
 * once, and nobody waits for it. */
void wsub_host_report(struct wsub_store *store, const char *instance,
                      const char *report);

/* `reports` has one for each name, NULL where there is none; valid during the
 * call, NULL unless err is WSUB_OK. */
typedef void wsub_host_reports_cb(enum wsub_err err, const char *const *reports,
                                  size_t count, void *arg);

/* Reads the reports of `count` processes, at least one; tried once. */
void wsub_host_reports(struct wsub_store *store, const char *const *instances,
                       size_t count, wsub_host_reports_cb *cb, void *arg);

#endif
