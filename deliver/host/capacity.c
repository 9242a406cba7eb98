#include "deliver/host/capacity.h"

#define CALL_AGAIN_US 500000

static uint32_t half(uint32_t queue_max)
{
    return (queue_max + 1) / 2;
}

static uint32_t capacity(const struct deliver_host *host, uint32_t queue_max,
                         uint64_t now_us)
{
    uint32_t before = host->normal.count + host->coming;

    if (!host->parked || before >= half(queue_max) ||
        !deliver_breaker_admits(&host->breaker, now_us))
        return 0;
    if (host->breaker.state == DELIVER_BREAKER_OPEN) /* one is to try it */
        return before == 0 ? 1 : 0;
    return queue_max - before;
}

uint32_t deliver_host_capacity_call(struct deliver_host *host,
                                    uint32_t queue_max, uint64_t now_us)
{
    uint32_t how_many;

    if (now_us >= host->called_us + CALL_AGAIN_US)
        host->coming = 0;
    how_many = capacity(host, queue_max, now_us);
    if (how_many > 0) {
        host->coming += how_many;
        host->called_us = now_us;
    }
    return how_many;
}

uint64_t deliver_host_capacity_due_us(const struct deliver_host *host,
                                      uint32_t queue_max)
{
    uint64_t again_us = host->coming > 0 ? host->called_us + CALL_AGAIN_US : 0;

    if (!host->parked || host->normal.count >= half(queue_max) ||
        host->breaker.state == DELIVER_BREAKER_HALF_OPEN)
        return DELIVER_DUE_NEVER; /* somebody will leave */
    if (host->breaker.state != DELIVER_BREAKER_OPEN)
        return again_us;
    if (host->normal.count > 0)
        return DELIVER_DUE_NEVER; /* that one will try the host */
    return host->breaker.until_us > again_us ? host->breaker.until_us
                                             : again_us;
}
