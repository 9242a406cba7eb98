#include "common/host/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define PORT_BYTES 2
#define KEY_HEAD (1 + PORT_BYTES)

void wsub_host_table_init(struct wsub_host_table *table)
{
    LIST_INIT(&table->in_use);
    TAILQ_INIT(&table->at_rest[0]);
    TAILQ_INIT(&table->at_rest[1]);
}

static void leave_rest(struct wsub_host_table *table, struct wsub_gate *gate)
{
    TAILQ_REMOVE(&table->at_rest[gate->is_endpoint], gate, next);
    table->at_rest_count[gate->is_endpoint]--;
    gate->at_rest = false;
}

static void forget(struct wsub_host_table *table, struct wsub_gate *gate)
{
    struct wsub_host *host;

    wsub_due_set(&table->dues, &gate->due, WSUB_DUE_NEVER);
    if (gate->name[0] != '\0')
        HASH_DEL(table->by_name, gate);
    if (gate->is_endpoint) {
        free(wsub_gate_endpoint(gate));
        return;
    }
    host = wsub_gate_host(gate);
    if (gate->breaker.state != WSUB_BREAKER_CLOSED)
        table->down--;
    HASH_DEL(table->by_key, host);
    wsub_address_leave(&table->addresses, host->address);
    free(host);
}

static void forget_at_rest(struct wsub_host_table *table,
                           struct wsub_gate *gate)
{
    leave_rest(table, gate);
    forget(table, gate);
}

void wsub_host_table_done(struct wsub_host_table *table)
{
    struct wsub_host *host, *next_host;
    struct wsub_gate *gate, *next_gate;

    HASH_ITER(hh, table->by_name, gate, next_gate)
    {
        if (gate->is_endpoint)
            forget(table, gate);
    }
    HASH_ITER(hh, table->by_key, host, next_host)
    {
        forget(table, &host->gate);
    }
    wsub_addresses_done(&table->addresses);
    wsub_dues_done(&table->dues);
}

unsigned wsub_host_key(const struct wsub_url *url, const char *scope,
                       unsigned char key[WSUB_HOST_KEY_MAX])
{
    size_t len = strlen(url->host);

    key[0] = url->https;
    key[1] = (unsigned char)(url->port >> 8);
    key[2] = (unsigned char)(url->port & 0xff);
    memcpy(key + KEY_HEAD, url->host, len);
    len += KEY_HEAD;
    if (scope == NULL)
        return (unsigned)len;
    key[len++] = '\0';
    memcpy(key + len, scope, WSUB_DIGEST_LEN);
    return (unsigned)(len + WSUB_DIGEST_LEN);
}

static struct wsub_host *host_new(struct wsub_host_table *table,
                                  const unsigned char *key, unsigned key_len)
{
    struct wsub_host *host = wsub_calloc(1, sizeof(*host) + key_len);

    wsub_gate_init(&host->gate, false);
    LIST_INIT(&host->endpoints);
    memcpy(host->key, key, key_len);
    host->key_len = key_len;
    HASH_ADD(hh, table->by_key, key[0], key_len, host);
    LIST_INSERT_HEAD(&table->in_use, host, next);
    return host;
}

/* How many bytes of the key behind its head are the name; the others are the
 * scope, behind a zero byte. */
static int name_len(const struct wsub_host *host)
{
    return (int)strnlen((const char *)host->key + KEY_HEAD,
                        host->key_len - KEY_HEAD);
}

unsigned wsub_host_plain_key_len(const struct wsub_host *host)
{
    return KEY_HEAD + (unsigned)name_len(host);
}

/* A new host begins as an operator wants it. */
static void follow_order(struct wsub_host_table *table, struct wsub_host *host,
                         uint64_t now_us)
{
    struct wsub_host_order *order = NULL;

    if (table->orders != NULL)
        HASH_FIND(hh, table->orders, host->key, wsub_host_plain_key_len(host),
                  order);
    if (order != NULL && order->until_us > now_us &&
        wsub_breaker_open_until(&host->gate.breaker, order->until_us, now_us))
        table->down++;
}

struct wsub_host *wsub_host_table_use(struct wsub_host_table *table,
                                      const struct wsub_url *url,
                                      const struct wsub_host_ticket *ticket,
                                      const struct wsub_hosts_options *options,
                                      uint64_t now_us)
{
    unsigned char key[WSUB_HOST_KEY_MAX];
    unsigned key_len = wsub_host_key(url, ticket->scope, key);
    struct wsub_host *host;

    HASH_FIND(hh, table->by_key, key, key_len, host);
    if (host == NULL) {
        host = host_new(table, key, key_len);
        wsub_limit_init(&host->limit, ticket->scope != NULL
                                          ? ticket->scope_per_host
                                          : options->per_host);
        wsub_bucket_init(&host->bucket, options->rate, now_us);
        wsub_bucket_init(&host->urgent_bucket, options->urgent_rate, now_us);
        follow_order(table, host, now_us);
    } else if (host->gate.at_rest) {
        leave_rest(table, &host->gate);
        LIST_INSERT_HEAD(&table->in_use, host, next);
    }
    return host;
}

struct wsub_endpoint *wsub_host_table_endpoint(struct wsub_host_table *table,
                                               struct wsub_host *host,
                                               const char *id)
{
    struct wsub_gate *gate;
    struct wsub_endpoint *endpoint;

    HASH_FIND(hh, table->by_name, id, WSUB_DIGEST_LEN, gate);
    if (gate != NULL && !gate->at_rest)
        return wsub_gate_endpoint(gate);
    if (gate != NULL) {
        endpoint = wsub_gate_endpoint(gate);
        leave_rest(table, gate);
    } else {
        endpoint = wsub_calloc(1, sizeof(*endpoint));
        wsub_gate_init(&endpoint->gate, true);
        memcpy(endpoint->gate.name, id, WSUB_DIGEST_LEN);
        gate = &endpoint->gate;
        HASH_ADD(hh, table->by_name, name, WSUB_DIGEST_LEN, gate);
    }
    endpoint->host = host;
    LIST_INSERT_HEAD(&host->endpoints, endpoint, in_host);
    return endpoint;
}

static const char *scheme_of(const struct wsub_host *host)
{
    return host->key[0] ? "https" : "http";
}

static unsigned port_of(const struct wsub_host *host)
{
    return (unsigned)host->key[1] << 8 | host->key[2];
}

const char *wsub_host_table_name(struct wsub_host_table *table,
                                 struct wsub_host *host)
{
    struct wsub_gate *gate = &host->gate;
    char text[WSUB_HOST_KEY_MAX + sizeof("https:65535:")];
    int len;

    if (gate->name[0] != '\0')
        return gate->name;
    len =
        snprintf(text, sizeof(text), "%s:%u:", scheme_of(host), port_of(host));
    memcpy(text + len, host->key + KEY_HEAD, host->key_len - KEY_HEAD);
    wsub_digest(text, (size_t)len + host->key_len - KEY_HEAD, gate->name);
    HASH_ADD(hh, table->by_name, name, WSUB_DIGEST_LEN, gate);
    return gate->name;
}

void wsub_host_copy_name(const struct wsub_host *host,
                         char ret_name[WSUB_HOST_NAME_BYTES])
{
    size_t len = (size_t)name_len(host);

    memcpy(ret_name, host->key + KEY_HEAD, len);
    ret_name[len] = '\0';
}

void wsub_host_text(const struct wsub_host *host,
                    char ret_text[WSUB_HOST_TEXT_BYTES])
{
    snprintf(ret_text, WSUB_HOST_TEXT_BYTES, "%s://%.*s:%u", scheme_of(host),
             name_len(host), host->key + KEY_HEAD, port_of(host));
}

struct wsub_gate *wsub_host_table_find(const struct wsub_host_table *table,
                                       const char *name)
{
    struct wsub_gate *gate = NULL;

    if (strlen(name) == WSUB_DIGEST_LEN)
        HASH_FIND(hh, table->by_name, name, WSUB_DIGEST_LEN, gate);
    return gate;
}

/* Whether the host differs from one that was never seen. */
static bool host_says_something(const struct wsub_host *host, uint64_t now_us)
{
    return host->limit.now != host->limit.first || host->good_us > 0 ||
           host->askers > 0 || !wsub_bucket_is_full(&host->bucket, now_us) ||
           !wsub_bucket_is_full(&host->urgent_bucket, now_us);
}

static bool says_something(struct wsub_gate *gate, uint64_t now_us)
{
    if (gate->breaker.failures > 0 ||
        gate->breaker.state != WSUB_BREAKER_CLOSED ||
        gate->asked_until_us > now_us)
        return true;
    return gate->is_endpoint
               ? wsub_gate_endpoint(gate)->failing
               : host_says_something(wsub_gate_host(gate), now_us);
}

static void host_rests(struct wsub_host_table *table, struct wsub_host *host)
{
    LIST_REMOVE(host, next);
    wsub_address_leave(&table->addresses, host->address);
    host->address = NULL;
}

void wsub_host_table_rest(struct wsub_host_table *table, struct wsub_gate *gate,
                          uint64_t now_us)
{
    struct wsub_gate_list *list = &table->at_rest[gate->is_endpoint];

    if (gate->is_endpoint)
        LIST_REMOVE(wsub_gate_endpoint(gate), in_host);
    else
        host_rests(table, wsub_gate_host(gate));
    if (!says_something(gate, now_us)) {
        forget(table, gate);
        return;
    }
    gate->at_rest = true;
    gate->used_us = now_us;
    TAILQ_INSERT_TAIL(list, gate, next);
    if (++table->at_rest_count[gate->is_endpoint] > WSUB_HOSTS_MAX)
        forget_at_rest(table, TAILQ_FIRST(list));
}

void wsub_host_table_expire(struct wsub_host_table *table, uint64_t now_us)
{
    struct wsub_gate *gate;

    for (size_t kind = 0; kind < 2; kind++)
        while ((gate = TAILQ_FIRST(&table->at_rest[kind])) != NULL &&
               gate->used_us + WSUB_HOST_KNOWN_US <= now_us)
            forget_at_rest(table, gate);
    wsub_addresses_expire(&table->addresses, now_us);
}
