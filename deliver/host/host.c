#include "deliver/host/host.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/container_of.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "deliver/host/capacity.h"
#include "deliver/host/table.h"

#define QUEUE_FEW 8 /* may always wait for a host */

struct deliver_hosts {
    struct deliver_hosts_options o;
    struct deliver_host_table table;
    uint32_t waiting; /* tickets */
};

struct deliver_hosts *
deliver_hosts_new(const struct deliver_hosts_options *options)
{
    struct deliver_hosts *hosts = wsub_calloc(1, sizeof(*hosts));

    hosts->o = *options;
    deliver_host_table_init(&hosts->table);
    return hosts;
}

void deliver_hosts_free(struct deliver_hosts *hosts)
{
    if (hosts == NULL)
        return;
    deliver_host_table_done(&hosts->table);
    free(hosts);
}

static struct deliver_queue *queue_of(struct deliver_host *host,
                                      const struct deliver_ticket *ticket)
{
    return ticket->urgent ? &host->urgent : &host->normal;
}

static struct deliver_ticket *first_in_queue(const struct deliver_host *host)
{
    return !TAILQ_EMPTY(&host->urgent.tickets)
               ? TAILQ_FIRST(&host->urgent.tickets)
               : TAILQ_FIRST(&host->normal.tickets);
}

static bool may_start(const struct deliver_host *host, uint64_t now_us)
{
    return host->sending < host->limit.now &&
           deliver_breaker_admits(&host->breaker, now_us) &&
           deliver_bucket_next_us(&host->bucket, now_us) <= now_us;
}

static void start(struct deliver_host *host, struct deliver_ticket *ticket,
                  uint64_t now_us)
{
    deliver_breaker_start(&host->breaker, now_us);
    deliver_bucket_take(&host->bucket, now_us);
    host->sending++;
    ticket->host = host;
    ticket->since_us = now_us;
}

static void wait_in_queue(struct deliver_hosts *hosts,
                          struct deliver_host *host,
                          struct deliver_ticket *ticket, uint64_t now_us)
{
    struct deliver_queue *queue = queue_of(host, ticket);

    ticket->host = host;
    ticket->since_us = now_us;
    ticket->waiting = true;
    TAILQ_INSERT_TAIL(&queue->tickets, ticket, next);
    queue->count++;
    hosts->waiting++;
}

static void stop_waiting(struct deliver_hosts *hosts,
                         struct deliver_ticket *ticket)
{
    struct deliver_queue *queue = queue_of(ticket->host, ticket);

    TAILQ_REMOVE(&queue->tickets, ticket, next);
    queue->count--;
    hosts->waiting--;
    ticket->waiting = false;
    ticket->host = NULL;
}

/* Tickets that may wait in each queue of a host, for now. */
static uint32_t queue_max(const struct deliver_hosts *hosts)
{
    return hosts->waiting >= hosts->o.waiting_max &&
                   hosts->o.queue_max > QUEUE_FEW
               ? QUEUE_FEW
               : hosts->o.queue_max;
}

static void call_parked(struct deliver_hosts *hosts, struct deliver_host *host,
                        uint64_t now_us)
{
    uint32_t how_many =
        deliver_host_capacity_call(host, queue_max(hosts), now_us);

    if (how_many == 0)
        return;
    host->busy = true;
    hosts->o.on_capacity(host->name, how_many, hosts->o.arg);
    host->busy = false;
}

/* When somebody who waits may start though nobody leaves before. */
static uint64_t start_due_us(const struct deliver_host *host, uint64_t now_us)
{
    if (first_in_queue(host) == NULL || host->sending >= host->limit.now ||
        !deliver_breaker_admits(&host->breaker, now_us))
        return DELIVER_DUE_NEVER;
    return deliver_bucket_next_us(&host->bucket, now_us);
}

/* The host has changed: sets when it wants a tick, and lets it rest when
 * nobody uses it. */
static void review(struct deliver_hosts *hosts, struct deliver_host *host,
                   uint64_t now_us)
{
    uint64_t start_us = start_due_us(host, now_us);
    uint64_t call_us = deliver_host_capacity_due_us(host, queue_max(hosts));

    if (host->busy)
        return; /* the call that made it so will go on */
    if (call_us < start_us)
        start_us = call_us;
    deliver_due_set(&hosts->table.dues, &host->due, start_us);
    if (start_us != DELIVER_DUE_NEVER && hosts->o.on_due != NULL)
        hosts->o.on_due(hosts->o.arg);
    if (host->sending == 0 && first_in_queue(host) == NULL && !host->parked)
        deliver_host_table_rest(&hosts->table, host, now_us);
}

/* As above; and whoever may start now is told so, parked ones are called. */
static void serve(struct deliver_hosts *hosts, struct deliver_host *host,
                  uint64_t now_us)
{
    struct deliver_ticket *first;

    if (host->busy)
        return;
    host->busy = true;
    while (may_start(host, now_us) && (first = first_in_queue(host)) != NULL) {
        stop_waiting(hosts, first);
        start(host, first, now_us);
        first->on_start(first);
    }
    host->busy = false;
    call_parked(hosts, host, now_us);
    review(hosts, host, now_us);
}

enum deliver_entry deliver_host_enter_url(struct deliver_hosts *hosts,
                                          const struct wsub_url *url,
                                          struct deliver_ticket *ticket,
                                          uint64_t now_us,
                                          uint64_t *ret_delay_ms)
{
    struct deliver_host *host = deliver_host_table_use(
        &hosts->table, url, hosts->o.per_host, hosts->o.rate, now_us);
    struct deliver_queue *queue = queue_of(host, ticket);

    if (host->coming > 0 && !ticket->urgent)
        host->coming--;
    if (!deliver_breaker_admits(&host->breaker, now_us)) {
        *ret_delay_ms = deliver_breaker_wait_ms(&host->breaker, now_us);
        review(hosts, host, now_us);
        return DELIVER_ENTRY_OPEN;
    }
    if (queue->count >= queue_max(hosts)) {
        memcpy(ticket->host_name, deliver_host_table_name(&hosts->table, host),
               sizeof(ticket->host_name));
        return DELIVER_ENTRY_FULL;
    }
    if (first_in_queue(host) == NULL && may_start(host, now_us)) {
        start(host, ticket, now_us);
        return DELIVER_ENTRY_NOW;
    }
    wait_in_queue(hosts, host, ticket, now_us);
    review(hosts, host, now_us);
    return DELIVER_ENTRY_WAIT;
}

enum deliver_entry deliver_host_enter(struct deliver_hosts *hosts,
                                      const char *callback,
                                      struct deliver_ticket *ticket,
                                      uint64_t now_us, uint64_t *ret_delay_ms)
{
    struct wsub_url url;

    if (wsub_url_parse(callback, NULL, &url) != WSUB_URL_FINE)
        return DELIVER_ENTRY_BAD;
    return deliver_host_enter_url(hosts, &url, ticket, now_us, ret_delay_ms);
}

/* The breaker has opened. */
static void send_away(struct deliver_hosts *hosts, struct deliver_host *host,
                      uint64_t now_us)
{
    uint64_t delay_ms = deliver_breaker_wait_ms(&host->breaker, now_us);
    bool was_busy = host->busy;
    struct deliver_ticket *first;

    host->busy = true;
    while ((first = first_in_queue(host)) != NULL) {
        stop_waiting(hosts, first);
        first->on_closed(first, delay_ms);
    }
    host->busy = was_busy;
}

static void note_limit(struct deliver_host *host, enum deliver_sign sign,
                       uint64_t latency_us, uint64_t started_us,
                       uint64_t now_us)
{
    switch (sign) {
    case DELIVER_SIGN_WELL:
        deliver_limit_responded(&host->limit, host->sending, latency_us,
                                started_us, now_us);
        break;
    case DELIVER_SIGN_PUSHBACK:
    case DELIVER_SIGN_OVERLOAD:
    case DELIVER_SIGN_TIMEOUT:
        deliver_limit_overloaded(&host->limit, started_us, now_us);
        break;
    case DELIVER_SIGN_NONE:
    case DELIVER_SIGN_UNREACHED:
        break;
    }
}

static uint32_t random_number(const struct deliver_hosts *hosts)
{
    uint32_t number;

    if (hosts->o.random != NULL)
        return hosts->o.random();
    wsub_random(&number, sizeof(number));
    return number;
}

static void note_breaker(struct deliver_hosts *hosts, struct deliver_host *host,
                         enum deliver_sign sign, uint64_t started_us,
                         uint64_t now_us)
{
    static const enum deliver_health healths[] = {
        [DELIVER_SIGN_NONE] = DELIVER_HEALTH_UNKNOWN,
        [DELIVER_SIGN_WELL] = DELIVER_HEALTH_ALIVE,
        [DELIVER_SIGN_PUSHBACK] = DELIVER_HEALTH_ALIVE,
        [DELIVER_SIGN_OVERLOAD] = DELIVER_HEALTH_DOWN,
        [DELIVER_SIGN_TIMEOUT] = DELIVER_HEALTH_DOWN,
        [DELIVER_SIGN_UNREACHED] = DELIVER_HEALTH_DOWN,
    };
    bool was_closed = host->breaker.state == DELIVER_BREAKER_CLOSED;
    uint32_t number =
        healths[sign] == DELIVER_HEALTH_DOWN ? random_number(hosts) : 0;

    if (!deliver_breaker_note(&host->breaker, healths[sign], started_us, number,
                              now_us))
        return;
    if (host->breaker.state == DELIVER_BREAKER_CLOSED) {
        hosts->table.down--;
        deliver_limit_restart(&host->limit, now_us);
        return;
    }
    if (was_closed)
        hosts->table.down++;
    send_away(hosts, host, now_us);
}

void deliver_host_leave(struct deliver_hosts *hosts,
                        struct deliver_ticket *ticket, enum deliver_sign sign,
                        uint64_t latency_us, uint64_t now_us)
{
    struct deliver_host *host = ticket->host;
    uint64_t started_us = ticket->since_us;

    ticket->host = NULL;
    note_limit(host, sign, latency_us, started_us, now_us);
    host->sending--;
    note_breaker(hosts, host, sign, started_us, now_us);
    serve(hosts, host, now_us);
}

bool deliver_host_parked(struct deliver_hosts *hosts, const char *name,
                         uint64_t now_us)
{
    struct deliver_host *host = deliver_host_table_find(&hosts->table, name);

    if (host == NULL || hosts->o.on_capacity == NULL)
        return false;
    deliver_host_table_wake(&hosts->table, host);
    host->parked = true;
    serve(hosts, host, now_us);
    return true;
}

void deliver_host_fewer(struct deliver_hosts *hosts, const char *name,
                        uint32_t count, uint64_t now_us)
{
    struct deliver_host *host = deliver_host_table_find(&hosts->table, name);

    if (host == NULL || !host->parked || count == 0)
        return;
    host->coming -= count < host->coming ? count : host->coming;
    serve(hosts, host, now_us);
}

void deliver_host_unparked(struct deliver_hosts *hosts, const char *name,
                           uint64_t now_us)
{
    struct deliver_host *host = deliver_host_table_find(&hosts->table, name);

    if (host == NULL || !host->parked)
        return;
    host->parked = false;
    host->coming = 0;
    serve(hosts, host, now_us);
}

uint64_t deliver_hosts_next_us(const struct deliver_hosts *hosts)
{
    const struct deliver_due *first = deliver_due_first(&hosts->table.dues);

    return first != NULL ? first->at_us : DELIVER_DUE_NEVER;
}

void deliver_hosts_tick(struct deliver_hosts *hosts, uint64_t now_us)
{
    struct deliver_due *first;

    while ((first = deliver_due_first(&hosts->table.dues)) != NULL &&
           first->at_us <= now_us) {
        deliver_due_set(&hosts->table.dues, first, DELIVER_DUE_NEVER);
        serve(hosts, wsub_container_of(first, struct deliver_host, due),
              now_us);
    }
}

/* Those that have waited for `wait_us` are late. */
static void expire_queue(struct deliver_hosts *hosts,
                         struct deliver_queue *queue, uint64_t wait_us,
                         uint64_t now_us)
{
    struct deliver_ticket *first;

    while ((first = TAILQ_FIRST(&queue->tickets)) != NULL &&
           first->since_us + wait_us <= now_us) {
        stop_waiting(hosts, first);
        first->on_late(first);
    }
}

void deliver_hosts_expire(struct deliver_hosts *hosts, bool everyone,
                          uint64_t now_us)
{
    uint64_t wait_us = everyone ? 0 : (uint64_t)hosts->o.wait_max_ms * 1000;
    struct deliver_host *host, *next;

    for (host = TAILQ_FIRST(&hosts->table.in_use); host != NULL; host = next) {
        next = TAILQ_NEXT(host, next);
        expire_queue(hosts, &host->urgent, wait_us, now_us);
        expire_queue(hosts, &host->normal, wait_us, now_us);
        review(hosts, host, now_us);
    }
    deliver_host_table_expire(&hosts->table, now_us);
}

void deliver_hosts_count(const struct deliver_hosts *hosts,
                         struct deliver_hosts_counts *ret_counts)
{
    *ret_counts = (struct deliver_hosts_counts){
        .known = HASH_CNT(hh, hosts->table.by_key),
        .down = hosts->table.down,
        .waiting = hosts->waiting,
    };
}
