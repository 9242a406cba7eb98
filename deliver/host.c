#include "deliver/host.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "deliver/host_room.h"
#include "deliver/host_table.h"

#define DELAY_MIN_MS 20    /* less is not worth the way through Redis */
#define DELAY_MAX_MS 10000 /* then the pace may have changed */
#define FIRST_SERVICE_US                                                       \
    1000            /* guess until a transfer has ended; too short
                               * costs another look, too long a pause */
#define LINE_FEW 8  /* may always wait for a host */
#define SMOOTHING 8 /* the latest transfer counts for an eighth */

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

/* When one more could be served, given how many were sent away before. */
static uint64_t promise_turn(struct deliver_host *host, uint64_t now_us)
{
    uint64_t pace_us =
        (host->service_us > 0 ? host->service_us : FIRST_SERVICE_US) /
        host->limit.now;
    uint64_t token_us =
        host->bucket.rate > 0 ? 1000000u / host->bucket.rate : 0;
    uint64_t delay_ms;

    if (host->promised_us < now_us)
        host->promised_us = now_us;
    host->promised_us += (pace_us > token_us ? pace_us : token_us) + 1;
    delay_ms = (host->promised_us - now_us) / 1000;
    return delay_ms < DELAY_MIN_MS   ? DELAY_MIN_MS
           : delay_ms > DELAY_MAX_MS ? DELAY_MAX_MS
                                     : delay_ms;
}

static struct deliver_line *line_of(struct deliver_host *host,
                                    const struct deliver_ticket *ticket)
{
    return ticket->urgent ? &host->urgent : &host->normal;
}

static struct deliver_ticket *next_in_line(const struct deliver_host *host)
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

static void wait_in_line(struct deliver_hosts *hosts, struct deliver_host *host,
                         struct deliver_ticket *ticket, uint64_t now_us)
{
    struct deliver_line *line = line_of(host, ticket);

    ticket->host = host;
    ticket->since_us = now_us;
    ticket->waiting = true;
    TAILQ_INSERT_TAIL(&line->tickets, ticket, next);
    line->count++;
    hosts->waiting++;
}

static void stop_waiting(struct deliver_hosts *hosts,
                         struct deliver_ticket *ticket)
{
    struct deliver_line *line = line_of(ticket->host, ticket);

    TAILQ_REMOVE(&line->tickets, ticket, next);
    line->count--;
    hosts->waiting--;
    ticket->waiting = false;
    ticket->host = NULL;
}

/* Tickets that may wait in each line of a host, for now. */
static uint32_t line_max(const struct deliver_hosts *hosts)
{
    return hosts->waiting >= hosts->o.waiting_max &&
                   hosts->o.line_max > LINE_FEW
               ? LINE_FEW
               : hosts->o.line_max;
}

static void call_parked(struct deliver_hosts *hosts, struct deliver_host *host,
                        uint64_t now_us)
{
    uint32_t how_many = deliver_host_room_call(host, line_max(hosts), now_us);

    if (how_many == 0)
        return;
    host->busy = true;
    hosts->o.on_room(host->name, how_many, hosts->o.arg);
    host->busy = false;
}

/* When somebody who waits may start though nobody leaves before. */
static uint64_t turn_due_us(const struct deliver_host *host, uint64_t now_us)
{
    if (next_in_line(host) == NULL || host->sending >= host->limit.now ||
        !deliver_breaker_admits(&host->breaker, now_us))
        return DELIVER_DUE_NEVER;
    return deliver_bucket_next_us(&host->bucket, now_us);
}

/* The host has changed: sets when it wants a tick, and lets it rest when
 * nobody uses it. */
static void review(struct deliver_hosts *hosts, struct deliver_host *host,
                   uint64_t now_us)
{
    uint64_t turn_us = turn_due_us(host, now_us);
    uint64_t call_us = deliver_host_room_due_us(host, line_max(hosts));

    if (host->busy)
        return; /* the call that made it so will go on */
    deliver_due_set(&hosts->table.dues, &host->due,
                    turn_us < call_us ? turn_us : call_us);
    if (host->sending == 0 && next_in_line(host) == NULL && !host->parked)
        deliver_host_table_rest(&hosts->table, host, now_us);
}

/* As above; and whoever may start now gets a turn, parked ones are called. */
static void serve(struct deliver_hosts *hosts, struct deliver_host *host,
                  uint64_t now_us)
{
    struct deliver_ticket *first;

    if (host->busy)
        return;
    host->busy = true;
    while (may_start(host, now_us) && (first = next_in_line(host)) != NULL) {
        stop_waiting(hosts, first);
        start(host, first, now_us);
        first->on_turn(first);
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
    struct deliver_line *line = line_of(host, ticket);

    if (host->coming > 0 && !ticket->urgent)
        host->coming--;
    if (!deliver_breaker_admits(&host->breaker, now_us)) {
        *ret_delay_ms = deliver_breaker_wait_ms(&host->breaker, now_us);
        review(hosts, host, now_us);
        return DELIVER_ENTRY_OPEN;
    }
    if (line->count >= line_max(hosts)) {
        memcpy(ticket->host_name, deliver_host_table_name(&hosts->table, host),
               sizeof(ticket->host_name));
        *ret_delay_ms = promise_turn(host, now_us);
        return DELIVER_ENTRY_FULL;
    }
    if (next_in_line(host) == NULL && may_start(host, now_us)) {
        start(host, ticket, now_us);
        return DELIVER_ENTRY_NOW;
    }
    wait_in_line(hosts, host, ticket, now_us);
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
    while ((first = next_in_line(host)) != NULL) {
        stop_waiting(hosts, first);
        first->on_closed(first, delay_ms);
    }
    host->busy = was_busy;
}

static void note_limit(struct deliver_host *host, enum deliver_sign sign,
                       uint64_t latency_us, uint64_t started_us,
                       uint64_t now_us)
{
    if (latency_us > 0 && host->service_us == 0)
        host->service_us = latency_us;
    else if (latency_us > 0)
        host->service_us +=
            latency_us / SMOOTHING - host->service_us / SMOOTHING;
    switch (sign) {
    case DELIVER_SIGN_WELL:
        deliver_limit_answered(&host->limit, host->sending, latency_us,
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

static uint32_t draw(const struct deliver_hosts *hosts)
{
    uint32_t number;

    if (hosts->o.draw != NULL)
        return hosts->o.draw();
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
    uint32_t number = healths[sign] == DELIVER_HEALTH_DOWN ? draw(hosts) : 0;

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
    if (next_in_line(host) == NULL)
        host->promised_us = 0; /* it is faster than was promised */
    note_breaker(hosts, host, sign, started_us, now_us);
    serve(hosts, host, now_us);
}

bool deliver_host_parked(struct deliver_hosts *hosts, const char *name,
                         uint64_t now_us)
{
    struct deliver_host *host = deliver_host_table_find(&hosts->table, name);

    if (host == NULL || hosts->o.on_room == NULL)
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

static struct deliver_host *of_due(struct deliver_due *due)
{
    return (struct deliver_host *)(void *)((char *)due -
                                           offsetof(struct deliver_host, due));
}

void deliver_hosts_tick(struct deliver_hosts *hosts, uint64_t now_us)
{
    struct deliver_due *first;

    while ((first = deliver_due_first(&hosts->table.dues)) != NULL &&
           first->at_us <= now_us) {
        deliver_due_set(&hosts->table.dues, first, DELIVER_DUE_NEVER);
        serve(hosts, of_due(first), now_us);
    }
}

/* Those that have waited for `wait_us` are late. */
static void expire_line(struct deliver_hosts *hosts, struct deliver_line *line,
                        uint64_t wait_us, uint64_t now_us)
{
    struct deliver_ticket *first;

    while ((first = TAILQ_FIRST(&line->tickets)) != NULL &&
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
        expire_line(hosts, &host->urgent, wait_us, now_us);
        expire_line(hosts, &host->normal, wait_us, now_us);
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
