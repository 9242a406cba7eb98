#include "common/host/timer.h"

#include "common/base/loop.h"
#include "common/host/host.h"

#define LONGEST_US 20000

void wsub_host_timer_plan(void *arg)
{
    struct wsub_host_timer *timer = arg;
    uint64_t next_us, now_us;

    if (wsub_timer_runs(&timer->timer))
        return;
    next_us = wsub_hosts_next_us(timer->hosts);
    if (next_us == UINT64_MAX)
        return;
    now_us = wsub_now_us();
    next_us = next_us > now_us ? next_us - now_us : 0;
    wsub_timer_start_us(&timer->timer,
                        next_us < LONGEST_US ? next_us : LONGEST_US);
}

static void on_due(void *arg)
{
    struct wsub_host_timer *timer = arg;

    wsub_hosts_tick(timer->hosts, wsub_now_us());
    wsub_host_timer_plan(timer);
}

void wsub_host_timer_init(struct wsub_host_timer *timer,
                          struct event_base *base)
{
    wsub_timer_init(&timer->timer, base, on_due, timer);
}

void wsub_host_timer_done(struct wsub_host_timer *timer)
{
    wsub_timer_done(&timer->timer);
}
