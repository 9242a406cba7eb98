#include "deliver/host/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define REMEMBER_US 600000000ul
#define PORT_BYTES 2
#define KEY_HEAD (1 + PORT_BYTES)
#define KEY_MAX (KEY_HEAD + sizeof(((struct wsub_url *)NULL)->host))

void deliver_host_table_init(struct deliver_host_table *table)
{
    TAILQ_INIT(&table->in_use);
    TAILQ_INIT(&table->at_rest);
}

static void leave_list(struct deliver_host_table *table,
                       struct deliver_host *host)
{
    if (host->at_rest) {
        TAILQ_REMOVE(&table->at_rest, host, next);
        table->at_rest_count--;
    } else {
        TAILQ_REMOVE(&table->in_use, host, next);
    }
}

static void forget(struct deliver_host_table *table, struct deliver_host *host)
{
    leave_list(table, host);
    deliver_due_set(&table->dues, &host->due, DELIVER_DUE_NEVER);
    if (host->breaker.state != DELIVER_BREAKER_CLOSED)
        table->down--;
    if (host->name[0] != '\0')
        HASH_DELETE(hh_name, table->by_name, host);
    HASH_DELETE(hh, table->by_key, host);
    free(host);
}

void deliver_host_table_done(struct deliver_host_table *table)
{
    struct deliver_host *host, *next;

    HASH_ITER(hh, table->by_key, host, next)
    {
        forget(table, host);
    }
    deliver_dues_done(&table->dues);
}

static unsigned write_key(const struct wsub_url *url,
                          unsigned char key[KEY_MAX])
{
    size_t len = strlen(url->host);

    key[0] = url->https;
    key[1] = (unsigned char)(url->port >> 8);
    key[2] = (unsigned char)(url->port & 0xff);
    memcpy(key + KEY_HEAD, url->host, len);
    return (unsigned)(KEY_HEAD + len);
}

void deliver_host_table_wake(struct deliver_host_table *table,
                             struct deliver_host *host)
{
    if (!host->at_rest)
        return;
    leave_list(table, host);
    host->at_rest = false;
    TAILQ_INSERT_TAIL(&table->in_use, host, next);
}

struct deliver_host *deliver_host_table_use(struct deliver_host_table *table,
                                            const struct wsub_url *url,
                                            uint32_t per_host, uint32_t rate,
                                            uint64_t now_us)
{
    unsigned char key[KEY_MAX];
    unsigned key_len = write_key(url, key);
    struct deliver_host *host;

    HASH_FIND(hh, table->by_key, key, key_len, host);
    if (host != NULL) {
        deliver_host_table_wake(table, host);
        return host;
    }
    host = wsub_calloc(1, sizeof(*host) + key_len);
    deliver_limit_init(&host->limit, per_host);
    deliver_bucket_init(&host->bucket, rate, now_us);
    TAILQ_INIT(&host->urgent.tickets);
    TAILQ_INIT(&host->normal.tickets);
    memcpy(host->key, key, key_len);
    host->key_len = key_len;
    HASH_ADD(hh, table->by_key, key[0], key_len, host);
    TAILQ_INSERT_TAIL(&table->in_use, host, next);
    return host;
}

const char *deliver_host_table_name(struct deliver_host_table *table,
                                    struct deliver_host *host)
{
    char text[KEY_MAX + sizeof("https:65535:")];
    int len;

    if (host->name[0] != '\0')
        return host->name;
    len = snprintf(text, sizeof(text), "%s:%u:%.*s",
                   host->key[0] ? "https" : "http",
                   (unsigned)host->key[1] << 8 | host->key[2],
                   (int)(host->key_len - KEY_HEAD), host->key + KEY_HEAD);
    wsub_digest(text, (size_t)len, host->name);
    HASH_ADD(hh_name, table->by_name, name, WSUB_DIGEST_LEN, host);
    return host->name;
}

struct deliver_host *
deliver_host_table_find(const struct deliver_host_table *table,
                        const char *name)
{
    struct deliver_host *host = NULL;

    if (strlen(name) == WSUB_DIGEST_LEN)
        HASH_FIND(hh_name, table->by_name, name, WSUB_DIGEST_LEN, host);
    return host;
}

/* Whether the host differs from one that was never seen. */
static bool says_something(const struct deliver_host *host, uint64_t now_us)
{
    return host->limit.now < host->limit.max || host->breaker.failures > 0 ||
           host->breaker.state != DELIVER_BREAKER_CLOSED ||
           !deliver_bucket_is_full(&host->bucket, now_us);
}

void deliver_host_table_rest(struct deliver_host_table *table,
                             struct deliver_host *host, uint64_t now_us)
{
    if (!says_something(host, now_us)) {
        forget(table, host);
        return;
    }
    leave_list(table, host);
    host->at_rest = true;
    host->used_us = now_us;
    TAILQ_INSERT_TAIL(&table->at_rest, host, next);
    if (++table->at_rest_count > DELIVER_HOSTS_MAX)
        forget(table, TAILQ_FIRST(&table->at_rest));
}

void deliver_host_table_expire(struct deliver_host_table *table,
                               uint64_t now_us)
{
    struct deliver_host *host;

    while ((host = TAILQ_FIRST(&table->at_rest)) != NULL &&
           host->used_us + REMEMBER_US <= now_us)
        forget(table, host);
}
