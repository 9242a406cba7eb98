#include "common/base/timer.h"

#include <sys/time.h>

#include <event2/event.h>

#include "common/base/mem.h"

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    const struct wsub_timer *timer = arg;

    (void)fd;
    (void)what;
    timer->on_due(timer->arg);
}

static void init(struct wsub_timer *timer, struct event_base *base, short flags,
                 wsub_timer_cb *on_due, void *arg)
{
    timer->on_due = on_due;
    timer->arg = arg;
    timer->event = event_new(base, -1, flags, on_event, timer);
    if (timer->event == NULL)
        wsub_panic("out of memory (timer)");
}

void wsub_timer_init(struct wsub_timer *timer, struct event_base *base,
                     wsub_timer_cb *on_due, void *arg)
{
    init(timer, base, 0, on_due, arg);
}

void wsub_timer_every_ms(struct wsub_timer *timer, struct event_base *base,
                         uint64_t ms, wsub_timer_cb *on_due, void *arg)
{
    init(timer, base, EV_PERSIST, on_due, arg);
    wsub_timer_start_ms(timer, ms);
}

void wsub_timer_done(struct wsub_timer *timer)
{
    if (timer->event != NULL)
        event_free(timer->event);
    timer->event = NULL;
}

void wsub_timer_priority(struct wsub_timer *timer, int priority)
{
    event_priority_set(timer->event, priority);
}

void wsub_timer_start_us(struct wsub_timer *timer, uint64_t us)
{
    struct timeval wait = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

    event_add(timer->event, &wait);
}

void wsub_timer_start_ms(struct wsub_timer *timer, uint64_t ms)
{
    wsub_timer_start_us(timer, ms * 1000);
}

void wsub_timer_plan_us(struct wsub_timer *timer, uint64_t us)
{
    if (!wsub_timer_runs(timer))
        wsub_timer_start_us(timer, us);
}

void wsub_timer_plan_ms(struct wsub_timer *timer, uint64_t ms)
{
    wsub_timer_plan_us(timer, ms * 1000);
}

void wsub_timer_now(struct wsub_timer *timer)
{
    event_active(timer->event, EV_TIMEOUT, 0);
}

void wsub_timer_stop(struct wsub_timer *timer)
{
    event_del(timer->event);
}

bool wsub_timer_runs(const struct wsub_timer *timer)
{
    return event_pending(timer->event, EV_TIMEOUT, NULL) != 0;
}
