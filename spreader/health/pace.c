#include "spreader/health/pace.h"

#include "common/base/loop.h"

#define PAUSE_LEAST_US 2000 /* what the timers can tell apart */
#define PAUSE_MOST_US 50000

static void on_pause_over(void *arg)
{
    const struct spread_pace *pace = arg;

    pace->on_next(pace->arg);
}

void spread_pace_init(struct spread_pace *pace, struct event_base *base,
                      void (*on_next)(void *arg), void *arg)
{
    *pace = (struct spread_pace){.on_next = on_next, .arg = arg};
    wsub_timer_init(&pace->pause, base, on_pause_over, pace);
}

void spread_pace_done(struct spread_pace *pace)
{
    wsub_timer_done(&pace->pause);
}

void spread_pace_sent(struct spread_pace *pace)
{
    pace->sent_us = wsub_now_us();
}

void spread_pace_replied(struct spread_pace *pace)
{
    uint64_t debt_us = pace->debt_us + wsub_now_us() - pace->sent_us;

    if (debt_us < PAUSE_LEAST_US) {
        pace->debt_us = debt_us;
        pace->on_next(pace->arg);
        return;
    }
    pace->debt_us = 0;
    wsub_timer_start_us(&pace->pause,
                        debt_us < PAUSE_MOST_US ? debt_us : PAUSE_MOST_US);
}
