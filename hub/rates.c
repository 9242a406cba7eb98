#include "hub/rates.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/base/bucket.h"
#include "common/base/mem.h"
#include "common/http/client_address.h"

#define FORGOTTEN_AT_ONCE 2 /* more than can come: the table gets no longer */

static const uint32_t burst_s[HUB_RATE_MAX_] = {
    [HUB_RATE_SUBSCRIBE] = 4,
    [HUB_RATE_ANNOUNCE] = 10,
};

struct client {
    unsigned char key[WSUB_CLIENT_KEY_BYTES];
    struct wsub_bucket buckets[HUB_RATE_MAX_];
    TAILQ_ENTRY(client) in_used;
    UT_hash_handle hh;
};

struct hub_rates {
    uint32_t rates[HUB_RATE_MAX_];
    struct client *by_key;           /* owned */
    TAILQ_HEAD(used, client) in_use; /* the same; first the least recent */
};

struct hub_rates *hub_rates_new(const struct wsub_config *config)
{
    struct hub_rates *rates = wsub_calloc(1, sizeof(*rates));

    rates->rates[HUB_RATE_SUBSCRIBE] = config->subscribe_rate;
    rates->rates[HUB_RATE_ANNOUNCE] = config->announce_rate;
    TAILQ_INIT(&rates->in_use);
    return rates;
}

static void forget(struct hub_rates *rates, struct client *client)
{
    assert(rates->by_key != NULL); /* the client is in it */
    TAILQ_REMOVE(&rates->in_use, client, in_used);
    HASH_DEL(rates->by_key, client);
    free(client);
}

void hub_rates_free(struct hub_rates *rates)
{
    if (rates == NULL)
        return;
    while (!TAILQ_EMPTY(&rates->in_use))
        forget(rates, TAILQ_FIRST(&rates->in_use));
    free(rates);
}

static bool is_idle(const struct client *client, uint64_t now_us)
{
    for (int i = 0; i < HUB_RATE_MAX_; i++)
        if (!wsub_bucket_is_full(&client->buckets[i], now_us))
            return false;
    return true;
}

/* A full bucket says no more than a new one. */
static void forget_idle(struct hub_rates *rates, uint64_t now_us)
{
    for (int i = 0; i < FORGOTTEN_AT_ONCE; i++) {
        struct client *oldest = TAILQ_FIRST(&rates->in_use);

        if (oldest == NULL || !is_idle(oldest, now_us))
            return;
        forget(rates, oldest);
    }
}

static struct client *add(struct hub_rates *rates, const unsigned char *key,
                          uint64_t now_us)
{
    struct client *client = wsub_calloc(1, sizeof(*client));

    if (hub_rates_count(rates) >= HUB_RATES_CLIENTS)
        forget(rates, TAILQ_FIRST(&rates->in_use));
    memcpy(client->key, key, sizeof(client->key));
    for (int i = 0; i < HUB_RATE_MAX_; i++) {
        uint32_t rate = rates->rates[i];

        wsub_bucket_init_burst(&client->buckets[i], rate, rate * burst_s[i],
                               now_us);
    }
    HASH_ADD(hh, rates->by_key, key, sizeof(client->key), client);
    TAILQ_INSERT_TAIL(&rates->in_use, client, in_used);
    return client;
}

static struct client *find(struct hub_rates *rates, const unsigned char *key,
                           uint64_t now_us)
{
    struct client *client;

    HASH_FIND(hh, rates->by_key, key, sizeof(client->key), client);
    if (client == NULL)
        return add(rates, key, now_us);
    TAILQ_REMOVE(&rates->in_use, client, in_used);
    TAILQ_INSERT_TAIL(&rates->in_use, client, in_used);
    return client;
}

uint32_t hub_rates_take(struct hub_rates *rates, enum hub_rate kind,
                        const unsigned char *key, uint32_t tokens,
                        uint64_t now_us)
{
    struct wsub_bucket *bucket;
    uint64_t next_us;

    if (rates->rates[kind] == 0)
        return 0;
    forget_idle(rates, now_us);
    bucket = &find(rates, key, now_us)->buckets[kind];
    next_us = wsub_bucket_next_of_us(bucket, tokens, now_us);
    if (next_us > now_us)
        return (uint32_t)((next_us - now_us + 999999) / 1000000);
    wsub_bucket_take_of(bucket, tokens, now_us);
    return 0;
}

size_t hub_rates_count(const struct hub_rates *rates)
{
    return HASH_COUNT(rates->by_key);
}
