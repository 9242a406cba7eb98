#include "common/host/review.h"

#include "common/host/backlog.h"
#include "common/host/start.h"
#include "common/host/waiting.h"

/* When somebody who waits may wsub_host_start though nobody leaves before. */
static uint64_t start_due_us(const struct wsub_host *host, uint64_t now_us)
{
    bool has_normal = !TAILQ_EMPTY(&host->gate.normal.tickets);
    bool has_urgent = !TAILQ_EMPTY(&host->gate.urgent.tickets) &&
                      !host->shares[WSUB_SHARE_URGENT].waits &&
                      !host->at_address.waits;
    uint64_t due_us, urgent_us;

    if ((!has_normal && !has_urgent) || !wsub_host_has_place(host) ||
        !wsub_gate_admits(&host->gate, now_us))
        return WSUB_DUE_NEVER;
    due_us = wsub_bucket_next_us(&host->bucket, now_us);
    urgent_us = wsub_host_urgent_due_us(host, now_us);
    return has_normal || urgent_us < due_us ? due_us : urgent_us;
}

static bool is_used(struct wsub_gate *gate)
{
    const struct wsub_host *host;

    if (gate->parked || wsub_gate_queue_first(gate) != NULL)
        return true;
    if (gate->is_endpoint)
        return wsub_gate_endpoint(gate)->admitted[false] +
                   wsub_gate_endpoint(gate)->admitted[true] >
               0;
    host = wsub_gate_host(gate);
    if (host->at_address.waits)
        return true;
    for (size_t kind = 0; kind < WSUB_SHARES; kind++)
        if (host->shares[kind].waits)
            return true;
    return host->sending + host->lingering > 0 || !LIST_EMPTY(&host->endpoints);
}

void wsub_host_review(struct wsub_hosts *hosts, struct wsub_gate *gate,
                      uint64_t now_us)
{
    uint64_t due_us, call_us;

    if (gate->held > 0)
        return;
    due_us = gate->is_endpoint ? WSUB_DUE_NEVER
                               : start_due_us(wsub_gate_host(gate), now_us);
    call_us = wsub_host_call_due_us(hosts, gate, now_us);
    if (call_us < due_us)
        due_us = call_us;
    wsub_due_set(&hosts->table.dues, &gate->due, due_us);
    if (due_us != WSUB_DUE_NEVER && hosts->o.on_due != NULL)
        hosts->o.on_due(hosts->o.arg);
    if (!is_used(gate))
        wsub_host_table_rest(&hosts->table, gate, now_us);
}

void wsub_host_review_both(struct wsub_hosts *hosts, struct wsub_host *host,
                           struct wsub_endpoint *endpoint, uint64_t now_us)
{
    if (endpoint != NULL)
        wsub_host_review(hosts, &endpoint->gate, now_us);
    wsub_host_review(hosts, &host->gate, now_us);
}
