#include "deliver/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/url.h"

#define WAITING_MAX 256    /* a quarter of the default number of slots */
#define DELAY_MIN_MS 20    /* less is not worth the way through Redis */
#define DELAY_MAX_MS 10000 /* then the pace may have changed */
#define FIRST_SERVICE_US                                                       \
    1000            /* guess until a transfer has ended; too short
                               * costs another look, too long a pause */
#define SMOOTHING 8 /* the latest transfer counts for an eighth */

struct line {
    TAILQ_HEAD(, deliver_ticket) tickets;
    uint32_t count;
};

struct deliver_host {
    char *key; /* owned */
    uint32_t sending;
    uint64_t service_us;        /* a transfer takes, smoothed */
    uint64_t promised_us;       /* the next one sent away comes again then */
    struct line urgent, normal; /* those that wait */
    UT_hash_handle hh;
};

struct deliver_hosts {
    struct deliver_host *table; /* owned; hosts in use only */
    uint32_t per_host;
    uint64_t wait_max_ms;
};

struct deliver_hosts *deliver_hosts_new(uint32_t per_host, uint32_t wait_max_ms)
{
    struct deliver_hosts *hosts = wsub_calloc(1, sizeof(*hosts));

    hosts->per_host = per_host;
    hosts->wait_max_ms = wait_max_ms;
    return hosts;
}

static void host_free(struct deliver_hosts *hosts, struct deliver_host *host)
{
    HASH_DEL(hosts->table, host);
    free(host->key);
    free(host);
}

void deliver_hosts_free(struct deliver_hosts *hosts)
{
    struct deliver_host *host, *next;

    if (hosts == NULL)
        return;
    HASH_ITER(hh, hosts->table, host, next)
    {
        host_free(hosts, host);
    }
    free(hosts);
}

static struct deliver_host *host_get(struct deliver_hosts *hosts,
                                     const char *key)
{
    struct deliver_host *host;

    HASH_FIND_STR(hosts->table, key, host);
    if (host != NULL)
        return host;
    host = wsub_calloc(1, sizeof(*host));
    host->key = wsub_strdup(key);
    host->service_us = FIRST_SERVICE_US;
    TAILQ_INIT(&host->urgent.tickets);
    TAILQ_INIT(&host->normal.tickets);
    HASH_ADD_KEYPTR(hh, hosts->table, host->key, strlen(host->key), host);
    return host;
}

/* When one more could be served, given how many were sent away before. */
static uint64_t promise_turn(const struct deliver_hosts *hosts,
                             struct deliver_host *host)
{
    uint64_t now_us = wsub_now_us(), delay_ms;

    if (host->promised_us < now_us)
        host->promised_us = now_us;
    host->promised_us += host->service_us / hosts->per_host + 1;
    delay_ms = (host->promised_us - now_us) / 1000;
    return delay_ms < DELAY_MIN_MS   ? DELAY_MIN_MS
           : delay_ms > DELAY_MAX_MS ? DELAY_MAX_MS
                                     : delay_ms;
}

static struct line *line_of(const struct deliver_ticket *ticket)
{
    return ticket->urgent ? &ticket->host->urgent : &ticket->host->normal;
}

enum deliver_entry deliver_host_enter(struct deliver_hosts *hosts,
                                      const char *callback,
                                      struct deliver_ticket *ticket,
                                      uint64_t *ret_delay_ms)
{
    struct deliver_host *host;
    struct line *line;
    struct wsub_url url;
    char key[sizeof(url.host) + 16];

    if (wsub_url_parse(callback, NULL, &url) != WSUB_URL_FINE)
        return DELIVER_ENTRY_BAD;
    snprintf(key, sizeof(key), "%s:%u:%s", url.https ? "https" : "http",
             url.port, url.host);
    host = host_get(hosts, key);
    ticket->host = host;
    line = line_of(ticket);
    if (host->sending >= hosts->per_host && line->count >= WAITING_MAX) {
        ticket->host = NULL;
        *ret_delay_ms = promise_turn(hosts, host);
        return DELIVER_ENTRY_FULL;
    }
    ticket->since_us = wsub_now_us();
    if (host->sending < hosts->per_host) {
        host->sending++;
        return DELIVER_ENTRY_NOW;
    }
    ticket->waiting = true;
    TAILQ_INSERT_TAIL(&line->tickets, ticket, next);
    line->count++;
    return DELIVER_ENTRY_WAIT;
}

static void stop_waiting(struct deliver_ticket *ticket)
{
    struct line *line = line_of(ticket);

    TAILQ_REMOVE(&line->tickets, ticket, next);
    line->count--;
    ticket->waiting = false;
}

static struct deliver_ticket *next_in_line(const struct deliver_host *host)
{
    return !TAILQ_EMPTY(&host->urgent.tickets)
               ? TAILQ_FIRST(&host->urgent.tickets)
               : TAILQ_FIRST(&host->normal.tickets);
}

void deliver_host_leave(struct deliver_hosts *hosts,
                        struct deliver_ticket *ticket)
{
    struct deliver_host *host = ticket->host;
    struct deliver_ticket *first = next_in_line(host);
    uint64_t now_us = wsub_now_us();

    ticket->host = NULL;
    host->service_us +=
        (now_us - ticket->since_us) / SMOOTHING - host->service_us / SMOOTHING;
    if (first != NULL) { /* takes over the place of the one that leaves */
        stop_waiting(first);
        first->since_us = now_us;
        first->on_turn(first);
        return;
    }
    host->promised_us = 0; /* it is faster than was promised */
    if (--host->sending == 0)
        host_free(hosts, host);
}

/* Those who came before `since_us` are late. */
static void expire_line(struct line *line, uint64_t since_us)
{
    struct deliver_ticket *first;

    while ((first = TAILQ_FIRST(&line->tickets)) != NULL &&
           first->since_us <= since_us) {
        stop_waiting(first);
        first->host = NULL;
        first->on_late(first);
    }
}

void deliver_hosts_expire(struct deliver_hosts *hosts, bool everyone)
{
    uint64_t since_us =
        everyone ? UINT64_MAX : wsub_now_us() - hosts->wait_max_ms * 1000;
    struct deliver_host *host, *next;

    HASH_ITER(hh, hosts->table, host, next)
    {
        expire_line(&host->urgent, since_us);
        expire_line(&host->normal, since_us);
    }
}
