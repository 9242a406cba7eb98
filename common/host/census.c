#include "common/host/census.h"

#include "common/host/parts.h"

static void count(const struct wsub_gate *gate, uint64_t now_us,
                  struct wsub_gates_census *census)
{
    census->open += gate->breaker.state == WSUB_BREAKER_OPEN;
    census->half_open += gate->breaker.state == WSUB_BREAKER_HALF_OPEN;
    census->limited += gate->urgent.count + gate->normal.count > 0 ||
                       gate->parked || gate->asked_until_us > now_us;
}

void wsub_hosts_census(const struct wsub_hosts *hosts, uint64_t now_us,
                       struct wsub_hosts_census *ret_census)
{
    const struct wsub_host *host;
    const struct wsub_gate *gate;

    *ret_census = (struct wsub_hosts_census){0};
    for (host = hosts->table.by_key; host != NULL; host = host->hh.next)
        count(&host->gate, now_us, &ret_census->hosts);
    for (gate = hosts->table.by_name; gate != NULL; gate = gate->hh.next)
        if (gate->is_endpoint)
            count(gate, now_us, &ret_census->endpoints);
}
