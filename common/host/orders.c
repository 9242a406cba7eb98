#include "common/host/orders.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/host/change.h"
#include "common/host/parts.h"
#include "common/host/review.h"
#include "common/host/serve.h"

static void remember(struct wsub_host_table *table, const unsigned char *key,
                     unsigned key_len, uint64_t until_us)
{
    struct wsub_host_order *order;

    HASH_FIND(hh, table->orders, key, key_len, order);
    if (order == NULL) {
        order = wsub_calloc(1, sizeof(*order) + key_len);
        memcpy(order->key, key, key_len);
        order->key_len = key_len;
        HASH_ADD(hh, table->orders, key[0], key_len, order);
    }
    order->until_us = until_us;
}

static void forget(struct wsub_host_table *table, const unsigned char *key,
                   unsigned key_len)
{
    struct wsub_host_order *order;

    HASH_FIND(hh, table->orders, key, key_len, order);
    if (order == NULL)
        return;
    HASH_DEL(table->orders, order);
    free(order);
}

static bool is_of(const struct wsub_host *host, const unsigned char *key,
                  unsigned key_len)
{
    return wsub_host_plain_key_len(host) == key_len &&
           memcmp(host->key, key, key_len) == 0;
}

typedef void apply_fn(struct wsub_hosts *hosts, struct wsub_host *host,
                      uint64_t until_us, uint64_t now_us);

/* Applies it to the host in all scopes.  Those that wait are called meanwhile, and
 * may do anything: so who is concerned is found first, and held. */
static void apply_to_all(struct wsub_hosts *hosts, const unsigned char *key,
                         unsigned key_len, apply_fn *apply, uint64_t until_us,
                         uint64_t now_us)
{
    struct wsub_host *host, *next, **found = NULL;
    size_t count = 0;

    HASH_ITER(hh, hosts->table.by_key, host, next)
    {
        if (!is_of(host, key, key_len))
            continue;
        found = wsub_realloc(found, (count + 1) * sizeof(struct wsub_host *));
        found[count++] = host;
        host->gate.held++;
    }
    for (size_t i = 0; i < count; i++)
        apply(hosts, found[i], until_us, now_us);
    for (size_t i = 0; i < count; i++) {
        found[i]->gate.held--;
        if (!found[i]->gate.at_rest)
            wsub_host_review(hosts, &found[i]->gate, now_us);
    }
    free(found);
}

static void open_host(struct wsub_hosts *hosts, struct wsub_host *host,
                      uint64_t until_us, uint64_t now_us)
{
    struct wsub_host_change change = {.host_closed = true};

    change.host_broke =
        wsub_breaker_open_until(&host->gate.breaker, until_us, now_us);
    wsub_host_note_change(hosts, host, NULL, &change, now_us);
}

static void clear_gate(struct wsub_gate *gate, uint64_t now_us)
{
    wsub_breaker_close(&gate->breaker, now_us);
    gate->asked_until_us = 0;
}

static void close_host(struct wsub_hosts *hosts, struct wsub_host *host,
                       uint64_t until_us, uint64_t now_us)
{
    struct wsub_host_change change = {0};
    struct wsub_endpoint *endpoint;

    (void)until_us;
    LIST_FOREACH(endpoint, &host->endpoints, in_host)
    clear_gate(&endpoint->gate, now_us);
    change.host_recovered = wsub_breaker_close(&host->gate.breaker, now_us);
    host->gate.asked_until_us = 0;
    host->askers = 0;
    wsub_host_note_change(hosts, host, NULL, &change, now_us);
    if (!host->gate.at_rest)
        wsub_host_settle(hosts, host, NULL, now_us);
}

void wsub_host_order_open(struct wsub_hosts *hosts, const struct wsub_url *url,
                          uint64_t until_us, uint64_t now_us)
{
    unsigned char key[WSUB_HOST_KEY_MAX];
    unsigned key_len = wsub_host_key(url, NULL, key);

    remember(&hosts->table, key, key_len, until_us);
    apply_to_all(hosts, key, key_len, open_host, until_us, now_us);
}

void wsub_host_order_close(struct wsub_hosts *hosts, const struct wsub_url *url,
                           uint64_t now_us)
{
    unsigned char key[WSUB_HOST_KEY_MAX];
    unsigned key_len = wsub_host_key(url, NULL, key);

    forget(&hosts->table, key, key_len);
    apply_to_all(hosts, key, key_len, close_host, 0, now_us);
}

void wsub_host_orders_done(struct wsub_hosts *hosts)
{
    struct wsub_host_order *order, *next;

    HASH_ITER(hh, hosts->table.orders, order, next)
    {
        HASH_DEL(hosts->table.orders, order);
        free(order);
    }
}
