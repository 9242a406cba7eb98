#include "common/host/start.h"

bool wsub_host_has_place(const struct wsub_host *host)
{
    return host->sending < host->limit.now &&
           host->sending + host->lingering < host->limit.max;
}

bool wsub_host_may_start(const struct wsub_host *host, uint64_t now_us)
{
    return wsub_host_has_place(host) && wsub_gate_admits(&host->gate, now_us) &&
           wsub_bucket_next_us(&host->bucket, now_us) <= now_us;
}

uint32_t wsub_host_endpoint_limit(const struct wsub_hosts *hosts,
                                  const struct wsub_endpoint *endpoint)
{
    return endpoint->failing ? 1 : hosts->o.per_endpoint;
}

static void take_urgent_tokens(struct wsub_host *host, uint64_t now_us)
{
    wsub_bucket_take(&host->urgent_bucket, now_us);
    if (host->address != NULL)
        wsub_bucket_take(&host->address->bucket, now_us);
}

void wsub_host_start(struct wsub_hosts *hosts, struct wsub_host_ticket *ticket,
                     uint64_t now_us)
{
    struct wsub_host *host = ticket->host;

    wsub_breaker_start(&host->gate.breaker, now_us);
    wsub_breaker_start(&ticket->endpoint->gate.breaker, now_us);
    wsub_bucket_take(&host->bucket, now_us);
    if (ticket->urgent)
        take_urgent_tokens(host, now_us);
    host->sending++;
    ticket->place = WSUB_HOST_SENDING;
    ticket->since_us = now_us;
    ticket->young = true;
    TAILQ_INSERT_TAIL(&hosts->young, ticket, next);
    if (hosts->o.on_due != NULL)
        hosts->o.on_due(hosts->o.arg);
}

void wsub_host_not_young(struct wsub_hosts *hosts,
                         struct wsub_host_ticket *ticket)
{
    if (ticket->young)
        TAILQ_REMOVE(&hosts->young, ticket, next);
    ticket->young = false;
}
