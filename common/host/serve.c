#include "common/host/serve.h"

#include "common/host/backlog.h"
#include "common/host/review.h"
#include "common/host/start.h"
#include "common/host/waiting.h"

static void send_away(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                      enum wsub_host_closing closing, uint64_t delay_ms,
                      uint64_t now_us)
{
    struct wsub_endpoint *endpoint = ticket->endpoint;

    endpoint->gate.held++;
    wsub_host_go_away(hosts, ticket);
    ticket->on_closed(ticket, closing, delay_ms);
    endpoint->gate.held--;
    wsub_host_review(hosts, &endpoint->gate, now_us);
}

/* Everybody who waits at a gate that has closed. */
static void send_all_away(struct wsub_hosts *hosts, struct wsub_gate *gate,
                          enum wsub_host_closing closing, uint64_t delay_ms,
                          uint64_t now_us)
{
    struct wsub_host_ticket *first;

    gate->held++;
    while ((first = wsub_gate_queue_first(gate)) != NULL)
        send_away(hosts, first, closing, delay_ms, now_us);
    gate->held--;
}

void wsub_host_send_away_endpoint(struct wsub_hosts *hosts,
                                  struct wsub_endpoint *endpoint,
                                  uint64_t now_us)
{
    uint64_t delay_ms;
    enum wsub_host_closing closing =
        wsub_gate_closed(&endpoint->gate, now_us, &delay_ms);

    send_all_away(hosts, &endpoint->gate, closing, delay_ms, now_us);
}

void wsub_host_send_away_all(struct wsub_hosts *hosts, struct wsub_host *host,
                             uint64_t now_us)
{
    struct wsub_endpoint *endpoint, *next;
    uint64_t delay_ms;
    enum wsub_host_closing closing =
        wsub_gate_closed(&host->gate, now_us, &delay_ms);

    host->serving = true; /* nobody starts meanwhile */
    send_all_away(hosts, &host->gate, closing, delay_ms, now_us);
    for (endpoint = LIST_FIRST(&host->endpoints); endpoint != NULL;
         endpoint = next) {
        endpoint->gate.held++;
        send_all_away(hosts, &endpoint->gate, closing, delay_ms, now_us);
        endpoint->gate.held--;
        next = LIST_NEXT(endpoint, in_host);
        wsub_host_review(hosts, &endpoint->gate, now_us);
    }
    host->serving = false;
}

/* The first in the host's queues that has the share it needs to wsub_host_start. */
static struct wsub_host_ticket *
next_to_start(struct wsub_hosts *hosts, struct wsub_host *host, uint64_t now_us)
{
    struct wsub_host_ticket *urgent = TAILQ_FIRST(&host->gate.urgent.tickets);

    return urgent != NULL && wsub_host_take_urgent(hosts, urgent, now_us)
               ? urgent
               : TAILQ_FIRST(&host->gate.normal.tickets);
}

/* A ticket's time in the host's queue is over; its endpoint may have closed
 * meanwhile. */
static void start_or_send_away(struct wsub_hosts *hosts,
                               struct wsub_host_ticket *ticket, uint64_t now_us)
{
    uint64_t delay_ms;
    enum wsub_host_closing closing =
        wsub_gate_closed(&ticket->endpoint->gate, now_us, &delay_ms);

    if (closing != WSUB_HOST_NOT_CLOSED) {
        send_away(hosts, ticket, closing, delay_ms, now_us);
        return;
    }
    wsub_host_unjoin(hosts, ticket);
    wsub_host_start(hosts, ticket, now_us);
    ticket->on_start(ticket);
}

/* Whoever may wsub_host_start does. */
static void serve(struct wsub_hosts *hosts, struct wsub_host *host,
                  uint64_t now_us)
{
    struct wsub_host_ticket *next;

    if (host->serving)
        return;
    host->serving = true;
    while (wsub_host_may_start(host, now_us) &&
           (next = next_to_start(hosts, host, now_us)) != NULL)
        start_or_send_away(hosts, next, now_us);
    host->serving = false;
}

static void refill_from(struct wsub_hosts *hosts,
                        struct wsub_endpoint *endpoint,
                        const struct wsub_gate_queue *queue, bool urgent)
{
    struct wsub_host_ticket *first;

    while (endpoint->admitted[urgent] <
               wsub_host_endpoint_limit(hosts, endpoint) &&
           (first = TAILQ_FIRST(&queue->tickets)) != NULL) {
        wsub_host_unjoin(hosts, first);
        endpoint->admitted[urgent]++;
        wsub_host_join(hosts, first, WSUB_HOST_AT_HOST,
                       endpoint->host->limit.now);
    }
}

void wsub_host_refill(struct wsub_hosts *hosts, struct wsub_endpoint *endpoint,
                      uint64_t now_us)
{
    if (!wsub_gate_admits(&endpoint->gate, now_us))
        return;
    refill_from(hosts, endpoint, &endpoint->gate.urgent, true);
    refill_from(hosts, endpoint, &endpoint->gate.normal, false);
}

void wsub_host_settle(struct wsub_hosts *hosts, struct wsub_host *host,
                      struct wsub_endpoint *endpoint, uint64_t now_us)
{
    host->gate.held++;
    if (endpoint != NULL) {
        endpoint->gate.held++;
        wsub_host_refill(hosts, endpoint, now_us);
    }
    serve(hosts, host, now_us);
    wsub_host_call_parked(hosts, &host->gate, now_us);
    if (endpoint != NULL) {
        wsub_host_call_parked(hosts, &endpoint->gate, now_us);
        endpoint->gate.held--;
    }
    host->gate.held--;
    wsub_host_review_both(hosts, host, endpoint, now_us);
}

static struct wsub_host *next_for_share(struct wsub_hosts *hosts,
                                        enum wsub_share_kind kind)
{
    struct wsub_share_wait *wait = wsub_share_next(&hosts->shares[kind]);

    return wait != NULL
               ? wsub_container_of(wait - kind, struct wsub_host, shares)
               : NULL;
}

/* The parked work of a host, and of its endpoints, may come. */
static void call_all_parked(struct wsub_hosts *hosts, struct wsub_host *host,
                            uint64_t now_us)
{
    struct wsub_endpoint *endpoint, *next;

    host->gate.held++;
    wsub_host_call_parked(hosts, &host->gate, now_us);
    for (endpoint = LIST_FIRST(&host->endpoints); endpoint != NULL;
         endpoint = next) {
        next = LIST_NEXT(endpoint, in_host);
        wsub_host_call_parked(hosts, &endpoint->gate, now_us);
        wsub_host_review(hosts, &endpoint->gate, now_us);
    }
    host->gate.held--;
    wsub_host_review(hosts, &host->gate, now_us);
}

void wsub_host_feed_address(struct wsub_hosts *hosts,
                            struct wsub_address *address, uint32_t hosts_max,
                            uint64_t now_us)
{
    struct wsub_share_wait *wait;
    struct wsub_host *host;

    if (hosts->feeding)
        return;
    hosts->feeding = true;
    while (hosts_max-- > 0 &&
           (wait = wsub_share_next(&address->share)) != NULL) {
        host = wsub_container_of(wait, struct wsub_host, at_address);
        host->gate.held++;
        wsub_host_settle(hosts, host, NULL, now_us);
        host->gate.held--;
        call_all_parked(hosts, host, now_us);
    }
    hosts->feeding = false;
}

void wsub_host_feed_addresses(struct wsub_hosts *hosts, uint64_t now_us)
{
    struct wsub_address *address, *next;

    HASH_ITER(hh, hosts->table.addresses.by_key, address, next)
    {
        if (address->uses == 0) /* nobody waits for it */
            continue;
        wsub_address_share(address); /* it stays meanwhile */
        wsub_host_feed_address(
            hosts, address, address->share.max - address->share.used, now_us);
        wsub_address_leave(&hosts->table.addresses, address);
    }
}

void wsub_host_feed(struct wsub_hosts *hosts, uint32_t hosts_max,
                    uint64_t now_us)
{
    struct wsub_host *host;

    if (hosts->feeding)
        return;
    hosts->feeding = true;
    while ((host = next_for_share(hosts, WSUB_SHARE_URGENT)) != NULL)
        wsub_host_settle(hosts, host, NULL, now_us);
    while (hosts_max-- > 0 &&
           (host = next_for_share(hosts, WSUB_SHARE_UNPROVEN)) != NULL)
        call_all_parked(hosts, host, now_us);
    hosts->feeding = false;
}
