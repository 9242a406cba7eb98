#include "common/host/backlog.h"

#include "common/host/waiting.h"

struct wsub_host *wsub_gate_host_of(struct wsub_gate *gate)
{
    return gate->is_endpoint ? wsub_gate_endpoint(gate)->host
                             : wsub_gate_host(gate);
}

/* Whether what is parked has to wait for the share of unproven hosts. */
static bool lacks_share(struct wsub_hosts *hosts, struct wsub_host *host,
                        uint64_t now_us)
{
    struct wsub_share *share = &hosts->shares[WSUB_SHARE_UNPROVEN];

    if (wsub_host_is_proven(host, now_us))
        return false;
    if (host->address != NULL && !wsub_share_has(&host->address->share)) {
        wsub_share_wait(&host->address->share, &host->at_address);
        return true;
    }
    if (wsub_share_has(share))
        return false;
    wsub_share_wait(share, &host->shares[WSUB_SHARE_UNPROVEN]);
    return true;
}

/* Calls back what is parked, as far as there is capacity. */
void wsub_host_call_parked(struct wsub_hosts *hosts, struct wsub_gate *gate,
                           uint64_t now_us)
{
    struct wsub_host *host = wsub_gate_host_of(gate);
    uint32_t how_many;

    if (!gate->parked || !wsub_gate_admits(&host->gate, now_us) ||
        lacks_share(hosts, host, now_us))
        return;
    how_many =
        wsub_gate_call(gate, wsub_host_queue_max(hosts, gate, now_us), now_us);
    if (how_many > 0)
        hosts->o.on_capacity(gate->name, how_many, hosts->o.arg);
}

uint64_t wsub_host_call_due_us(const struct wsub_hosts *hosts,
                               struct wsub_gate *gate, uint64_t now_us)
{
    struct wsub_host *host = wsub_gate_host_of(gate);
    uint64_t delay_ms, due_us;

    if (host->shares[WSUB_SHARE_UNPROVEN].waits || host->at_address.waits)
        return WSUB_DUE_NEVER; /* it is told */
    due_us =
        wsub_gate_call_due_us(gate, wsub_host_queue_max(hosts, gate, now_us));
    if (due_us == WSUB_DUE_NEVER || !gate->is_endpoint ||
        wsub_gate_closed(&host->gate, now_us, &delay_ms) ==
            WSUB_HOST_NOT_CLOSED)
        return due_us;
    return now_us + delay_ms * 1000;
}
