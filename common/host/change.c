#include "common/host/change.h"

#include "common/host/serve.h"

static void say_breaker(const struct wsub_hosts *hosts,
                        const struct wsub_host *host, uint64_t delay_ms)
{
    char text[WSUB_HOST_TEXT_BYTES];

    if (hosts->o.on_breaker == NULL)
        return;
    wsub_host_text(host, text);
    hosts->o.on_breaker(text, delay_ms, hosts->o.arg);
}

static void note_breaker(struct wsub_hosts *hosts, struct wsub_host *host,
                         const struct wsub_host_change *change, uint64_t now_us)
{
    if (change->host_broke) {
        hosts->table.down++;
        say_breaker(hosts, host,
                    wsub_breaker_wait_ms(&host->gate.breaker, now_us));
    }
    if (change->host_recovered) {
        hosts->table.down--;
        wsub_limit_restart(&host->limit, now_us);
        say_breaker(hosts, host, 0);
    }
}

void wsub_host_note_change(struct wsub_hosts *hosts, struct wsub_host *host,
                           struct wsub_endpoint *endpoint,
                           const struct wsub_host_change *change,
                           uint64_t now_us)
{
    note_breaker(hosts, host, change, now_us);
    if (change->endpoint_closed)
        wsub_host_send_away_endpoint(hosts, endpoint, now_us);
    if (change->host_closed)
        wsub_host_send_away_all(hosts, host, now_us);
}
