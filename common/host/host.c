/* host.c - see host.h.
 *
 *   enter -> starts, or joins the queue of its host or its endpoint
 *
 *   leave -> charge -> those who wait for what was closed are sent away
 *              '----> settle: refill (the endpoint's first go on to the host's
 *                     queue), serve (whoever may start does), call parked ones,
 *                     feed hosts that wait for a share
 *
 * An endpoint *admits* a ticket from when it joins the host's queue, or starts,
 * until it leaves. */
#include "common/host/host.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/container_of.h"
#include "common/base/mem.h"
#include "common/host/backlog.h"
#include "common/host/change.h"
#include "common/host/charge.h"
#include "common/host/orders.h"
#include "common/host/parts.h"
#include "common/host/review.h"
#include "common/host/serve.h"
#include "common/host/start.h"
#include "common/host/waiting.h"

#define ADDRESS_SHARE 4 /* no address has more than such a part */
#define LINGER_US 1000000
#define FED_BY_ONE 2 /* hosts: one may have nothing any more */

uint32_t wsub_hosts_per_address(uint32_t setting, uint32_t unproven_max)
{
    uint32_t most = unproven_max / ADDRESS_SHARE + 1;

    return setting == 0 || setting < most ? setting : most;
}

struct wsub_hosts *wsub_hosts_new(const struct wsub_hosts_options *options)
{
    struct wsub_hosts *hosts = wsub_calloc(1, sizeof(*hosts));

    hosts->o = *options;
    wsub_host_table_init(&hosts->table);
    TAILQ_INIT(&hosts->young);
    wsub_addresses_init(&hosts->table.addresses, options->per_address,
                        options->urgent_rate);
    wsub_share_init(&hosts->shares[WSUB_SHARE_UNPROVEN], options->unproven_max);
    wsub_share_init(&hosts->shares[WSUB_SHARE_URGENT], options->urgent_max);
    return hosts;
}

void wsub_hosts_free(struct wsub_hosts *hosts)
{
    if (hosts == NULL)
        return;
    wsub_host_table_done(&hosts->table);
    wsub_host_orders_done(hosts);
    free(hosts);
}

/* Entering. */

static void name_full(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                      struct wsub_gate *gate)
{
    const char *name =
        gate->is_endpoint
            ? gate->name
            : wsub_host_table_name(&hosts->table, wsub_gate_host(gate));

    memcpy(ticket->full_name, name, sizeof(ticket->full_name));
}

static enum wsub_host_entry full(struct wsub_hosts *hosts,
                                 struct wsub_host_ticket *ticket,
                                 struct wsub_gate *gate, uint64_t now_us)
{
    name_full(hosts, ticket, gate);
    ticket->address_is_full =
        ticket->urgent && wsub_host_address_is_full(ticket->host, now_us);
    wsub_host_return_share(hosts, ticket);
    wsub_host_return_address(hosts, ticket);
    return WSUB_HOST_ENTRY_FULL;
}

static enum wsub_host_entry enter_host(struct wsub_hosts *hosts,
                                       struct wsub_host_ticket *ticket,
                                       uint64_t now_us)
{
    struct wsub_host *host = ticket->host;

    if (wsub_gate_queue_first(&host->gate) == NULL &&
        wsub_host_may_start(host, now_us) &&
        (!ticket->urgent || wsub_host_take_urgent(hosts, ticket, now_us))) {
        ticket->endpoint->admitted[ticket->urgent]++;
        wsub_host_start(hosts, ticket, now_us);
        return WSUB_HOST_ENTRY_NOW;
    }
    if (wsub_host_queue_is_full(hosts, &host->gate, ticket, now_us))
        return full(hosts, ticket, &host->gate, now_us);
    ticket->endpoint->admitted[ticket->urgent]++;
    wsub_host_join(hosts, ticket, WSUB_HOST_AT_HOST, host->limit.now);
    return WSUB_HOST_ENTRY_WAIT;
}

static enum wsub_host_entry enter_endpoint(struct wsub_hosts *hosts,
                                           struct wsub_host_ticket *ticket,
                                           uint64_t now_us)
{
    struct wsub_endpoint *endpoint = ticket->endpoint;
    uint32_t limit = wsub_host_endpoint_limit(hosts, endpoint);
    bool proven = ticket->did_well || wsub_host_is_proven(ticket->host, now_us);

    ticket->lacks_share = false;
    if (ticket->urgent || !proven)
        wsub_host_locate(hosts, ticket->host, now_us);
    if (!ticket->urgent && !proven &&
        (!wsub_host_take_address(ticket->host, ticket) ||
         !wsub_host_take_share(hosts, ticket->host, ticket,
                               WSUB_SHARE_UNPROVEN))) {
        ticket->lacks_share = true;
        return full(hosts, ticket, &ticket->host->gate, now_us);
    }
    if (endpoint->admitted[ticket->urgent] < limit)
        return enter_host(hosts, ticket, now_us);
    if (wsub_host_queue_is_full(hosts, &endpoint->gate, ticket, now_us))
        return full(hosts, ticket, &endpoint->gate, now_us);
    wsub_host_join(hosts, ticket, WSUB_HOST_AT_ENDPOINT, limit);
    return WSUB_HOST_ENTRY_WAIT;
}

/* One that was called back has come. */
static void note_coming(struct wsub_gate *host, struct wsub_gate *endpoint)
{
    struct wsub_gate *gate = endpoint->coming > 0 ? endpoint : host;

    if (gate->coming > 0)
        gate->coming--;
}

static enum wsub_host_entry enter(struct wsub_hosts *hosts,
                                  struct wsub_host_ticket *ticket,
                                  uint64_t now_us, uint64_t *ret_delay_ms)
{
    struct wsub_gate *host = &ticket->host->gate;
    struct wsub_gate *endpoint = &ticket->endpoint->gate;
    enum wsub_host_closing closing;

    if (!ticket->urgent)
        note_coming(host, endpoint);
    closing = wsub_gate_closed(host, now_us, ret_delay_ms);
    if (closing == WSUB_HOST_NOT_CLOSED)
        closing = wsub_gate_closed(endpoint, now_us, ret_delay_ms);
    switch (closing) {
    case WSUB_HOST_BROKEN:
        return WSUB_HOST_ENTRY_OPEN;
    case WSUB_HOST_ASKED:
        return WSUB_HOST_ENTRY_ASKED;
    case WSUB_HOST_NOT_CLOSED:
        break;
    }
    return enter_endpoint(hosts, ticket, now_us);
}

enum wsub_host_entry wsub_host_enter_url(struct wsub_hosts *hosts,
                                         const struct wsub_url *url,
                                         struct wsub_host_ticket *ticket,
                                         uint64_t now_us,
                                         uint64_t *ret_delay_ms)
{
    struct wsub_host *host =
        wsub_host_table_use(&hosts->table, url, ticket, &hosts->o, now_us);
    struct wsub_endpoint *endpoint =
        wsub_host_table_endpoint(&hosts->table, host, ticket->endpoint_id);
    enum wsub_host_entry entry;

    ticket->host = host;
    ticket->endpoint = endpoint;
    ticket->since_us = now_us;
    entry = enter(hosts, ticket, now_us, ret_delay_ms);
    if (entry != WSUB_HOST_ENTRY_NOW && entry != WSUB_HOST_ENTRY_WAIT) {
        ticket->host = NULL;
        ticket->endpoint = NULL;
    }
    if (entry != WSUB_HOST_ENTRY_NOW)
        wsub_host_review_both(hosts, host, endpoint, now_us);
    return entry;
}

enum wsub_host_entry wsub_host_enter(struct wsub_hosts *hosts,
                                     const char *callback,
                                     struct wsub_host_ticket *ticket,
                                     uint64_t now_us, uint64_t *ret_delay_ms)
{
    struct wsub_url url;

    if (wsub_url_parse(callback, NULL, &url) != WSUB_URL_FINE)
        return WSUB_HOST_ENTRY_BAD;
    return wsub_host_enter_url(hosts, &url, ticket, now_us, ret_delay_ms);
}

/* Leaving. */

/* Gives back a part of the address' share, for others to take. */
static void leave_address(struct wsub_hosts *hosts,
                          struct wsub_address *address, uint64_t now_us)
{
    address->share.used--;
    wsub_host_feed_address(hosts, address, FED_BY_ONE, now_us);
    wsub_address_leave(&hosts->table.addresses, address);
}

static uint32_t random_number(const struct wsub_hosts *hosts)
{
    uint32_t number;

    if (hosts->o.random != NULL)
        return hosts->o.random();
    wsub_random(&number, sizeof(number));
    return number;
}

/* The ticket has gone; what it says has its effects. */
static void charge(struct wsub_hosts *hosts, struct wsub_host *host,
                   struct wsub_endpoint *endpoint,
                   const struct wsub_host_charge *charge, uint64_t now_us)
{
    struct wsub_host_change change;

    wsub_host_charge(host, endpoint, charge, now_us, &change);
    host->sending -= !charge->lingered;
    host->lingering -= charge->lingered;
    hosts->lingering -= charge->lingered;
    wsub_host_note_change(hosts, host, endpoint, &change, now_us);
}

bool wsub_host_resolved(struct wsub_hosts *hosts,
                        struct wsub_host_ticket *ticket, const char *addresses,
                        uint64_t now_us)
{
    struct wsub_host *host = ticket->host;
    struct wsub_address *before = ticket->address;
    char name[WSUB_HOST_NAME_BYTES];
    struct wsub_address_key key;

    if (before == NULL)
        return true;
    wsub_host_copy_name(host, name);
    wsub_address_key(name, addresses, &key);
    if (strcmp(key.text, before->key.text) == 0)
        return true;
    wsub_host_settle_at(hosts, host, &key, now_us);
    ticket->address = NULL;
    if (wsub_host_take_address(host, ticket)) {
        leave_address(hosts, before, now_us);
        return true;
    }
    ticket->address = before;
    name_full(hosts, ticket, &host->gate);
    return false;
}

void wsub_host_leave(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                     const struct wsub_host_report *report, uint64_t now_us)
{
    struct wsub_host *host = ticket->host;
    struct wsub_endpoint *endpoint = ticket->endpoint;
    struct wsub_address *address = ticket->address;

    wsub_host_not_young(hosts, ticket);
    wsub_host_return_share(hosts, ticket);
    ticket->address = NULL;
    ticket->host = NULL;
    ticket->endpoint = NULL;
    endpoint->admitted[ticket->urgent]--;
    host->gate.held++;
    endpoint->gate.held++;
    charge(hosts, host, endpoint,
           &(struct wsub_host_charge){
               .report = report,
               .lingered = ticket->place == WSUB_HOST_LINGERING,
               .started_us = ticket->since_us,
               .random = random_number(hosts),
           },
           now_us);
    ticket->place = WSUB_HOST_OUTSIDE;
    host->gate.held--;
    endpoint->gate.held--;
    wsub_host_settle(hosts, host, endpoint, now_us);
    if (address != NULL)
        leave_address(hosts, address, now_us);
    wsub_host_feed(hosts, 1, now_us);
}

/* What is parked. */

bool wsub_host_parked(struct wsub_hosts *hosts, const char *name,
                      uint64_t now_us)
{
    struct wsub_gate *gate = wsub_host_table_find(&hosts->table, name);

    if (gate == NULL || gate->at_rest || hosts->o.on_capacity == NULL)
        return false;
    gate->parked = true;
    wsub_host_call_parked(hosts, gate, now_us);
    wsub_host_review(hosts, gate, now_us);
    return true;
}

static void fewer(struct wsub_hosts *hosts, struct wsub_gate *gate,
                  uint32_t count, uint64_t now_us)
{
    gate->coming -= count < gate->coming ? count : gate->coming;
    wsub_host_call_parked(hosts, gate, now_us);
    wsub_host_review(hosts, gate, now_us);
}

void wsub_host_fewer(struct wsub_hosts *hosts, const char *name, uint32_t count,
                     uint64_t now_us)
{
    struct wsub_gate *gate = wsub_host_table_find(&hosts->table, name);

    if (gate != NULL && gate->parked && count > 0)
        fewer(hosts, gate, count, now_us);
}

void wsub_host_unparked(struct wsub_hosts *hosts, const char *name,
                        uint64_t now_us)
{
    struct wsub_gate *gate = wsub_host_table_find(&hosts->table, name);
    struct wsub_host *host;

    if (gate == NULL || !gate->parked)
        return;
    host = wsub_gate_host_of(gate);
    gate->parked = false;
    gate->coming = 0;
    host->gate.held++;
    wsub_host_review(hosts, gate, now_us);
    host->gate.held--;
    wsub_host_review(hosts, &host->gate, now_us);
}

/* Time. */

static void linger(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                   uint64_t now_us)
{
    struct wsub_host *host = ticket->host;

    wsub_host_not_young(hosts, ticket);
    if (hosts->lingering >= hosts->o.lingering_max)
        return;
    ticket->place = WSUB_HOST_LINGERING;
    wsub_host_return_share(hosts, ticket);
    host->sending--;
    host->lingering++;
    hosts->lingering++;
    if (ticket->on_linger != NULL)
        ticket->on_linger(ticket);
    wsub_host_settle(hosts, host, NULL, now_us);
    wsub_host_feed(hosts, 1, now_us);
}

uint64_t wsub_hosts_next_us(const struct wsub_hosts *hosts)
{
    const struct wsub_due *first = wsub_due_first(&hosts->table.dues);
    const struct wsub_host_ticket *oldest = TAILQ_FIRST(&hosts->young);
    uint64_t due_us = first != NULL ? first->at_us : WSUB_DUE_NEVER;

    return oldest != NULL && oldest->since_us + LINGER_US < due_us
               ? oldest->since_us + LINGER_US
               : due_us;
}

static void serve_due(struct wsub_hosts *hosts, struct wsub_gate *gate,
                      uint64_t now_us)
{
    if (gate->is_endpoint) {
        wsub_host_call_parked(hosts, gate, now_us);
        wsub_host_review(hosts, gate, now_us);
    } else {
        wsub_host_settle(hosts, wsub_gate_host(gate), NULL, now_us);
    }
}

void wsub_hosts_tick(struct wsub_hosts *hosts, uint64_t now_us)
{
    struct wsub_host_ticket *oldest;
    struct wsub_due *first;

    while ((oldest = TAILQ_FIRST(&hosts->young)) != NULL &&
           oldest->since_us + LINGER_US <= now_us)
        linger(hosts, oldest, now_us);
    while ((first = wsub_due_first(&hosts->table.dues)) != NULL &&
           first->at_us <= now_us) {
        wsub_due_set(&hosts->table.dues, first, WSUB_DUE_NEVER);
        serve_due(hosts, wsub_container_of(first, struct wsub_gate, due),
                  now_us);
    }
}

/* Those that have waited for `wait_us` are late. */
static void expire_queue(struct wsub_hosts *hosts,
                         struct wsub_gate_queue *queue, uint64_t wait_us,
                         uint64_t now_us)
{
    struct wsub_host_ticket *first;

    while ((first = TAILQ_FIRST(&queue->tickets)) != NULL &&
           first->since_us + wait_us <= now_us) {
        wsub_host_go_away(hosts, first);
        first->on_late(first);
    }
}

static void expire_gate(struct wsub_hosts *hosts, struct wsub_gate *gate,
                        uint64_t wait_us, uint64_t now_us)
{
    expire_queue(hosts, &gate->urgent, wait_us, now_us);
    expire_queue(hosts, &gate->normal, wait_us, now_us);
}

static void expire_host(struct wsub_hosts *hosts, struct wsub_host *host,
                        uint64_t wait_us, uint64_t now_us)
{
    struct wsub_endpoint *endpoint, *next;

    expire_gate(hosts, &host->gate, wait_us, now_us);
    host->gate.held++;
    for (endpoint = LIST_FIRST(&host->endpoints); endpoint != NULL;
         endpoint = next) {
        next = LIST_NEXT(endpoint, in_host);
        expire_gate(hosts, &endpoint->gate, wait_us, now_us);
        wsub_host_refill(hosts, endpoint, now_us);
        wsub_host_review(hosts, &endpoint->gate, now_us);
    }
    host->gate.held--;
    wsub_host_review(hosts, &host->gate, now_us);
}

void wsub_hosts_expire(struct wsub_hosts *hosts, bool everyone, uint64_t now_us)
{
    uint64_t wait_us = everyone ? 0 : (uint64_t)hosts->o.wait_max_ms * 1000;
    const struct wsub_share *unproven = &hosts->shares[WSUB_SHARE_UNPROVEN];
    struct wsub_host *host, *next;

    for (host = LIST_FIRST(&hosts->table.in_use); host != NULL; host = next) {
        next = LIST_NEXT(host, next);
        expire_host(hosts, host, wait_us, now_us);
    }
    wsub_host_table_expire(&hosts->table, now_us);
    wsub_host_feed_addresses(hosts, now_us);
    wsub_host_feed(hosts, unproven->max - unproven->used, now_us);
}

void wsub_hosts_count(const struct wsub_hosts *hosts,
                      struct wsub_hosts_counts *ret_counts)
{
    *ret_counts = (struct wsub_hosts_counts){
        .known = HASH_CNT(hh, hosts->table.by_key),
        .down = hosts->table.down,
        .waiting = hosts->waiting + hosts->urgent_waiting,
        .lingering = hosts->lingering,
    };
}

uint32_t wsub_hosts_soon(const struct wsub_hosts *hosts)
{
    return hosts->soon;
}
