#include "common/host/limit.h"

#define FIRST 16 /* servers of any kind take as many */
#define RESTART_AT 2
#define SMOOTHING 8             /* the latest counts for an eighth */
#define SLACK_US 10000          /* loops and schedulers take as much */
#define BEST_SPAN_US 30000000ul /* see the head of limit.h */
#define SLOW_LOSES 8            /* an eighth */
#define SLOW_FLOOR 4            /* a quarter of the maximum */
#define NONE UINT64_MAX

void wsub_limit_init(struct wsub_limit *limit, uint32_t max)
{
    uint32_t first = max < FIRST ? max : FIRST;

    *limit = (struct wsub_limit){.max = max,
                                 .first = first,
                                 .now = first,
                                 .best_us = NONE,
                                 .best_before_us = NONE};
}

static void change(struct wsub_limit *limit, uint32_t now)
{
    limit->now = now < 1 ? 1 : now > limit->max ? limit->max : now;
    limit->good = 0;
}

static void decrease(struct wsub_limit *limit, uint32_t now,
                     uint64_t started_us, uint64_t now_us)
{
    if (started_us < limit->decreased_us)
        return;
    change(limit, now);
    limit->decreased_us = now_us;
}

void wsub_limit_restart(struct wsub_limit *limit, uint64_t now_us)
{
    change(limit, RESTART_AT);
    limit->decreased_us = now_us;
}

static void learn_latency(struct wsub_limit *limit, uint64_t latency_us,
                          uint64_t now_us)
{
    if (now_us >= limit->best_until_us) {
        limit->best_before_us = limit->best_us;
        limit->best_us = NONE;
        limit->best_until_us = now_us + BEST_SPAN_US;
    }
    if (latency_us < limit->best_us)
        limit->best_us = latency_us;
    if (limit->smooth_us == 0)
        limit->smooth_us = latency_us;
    else
        limit->smooth_us = limit->smooth_us - limit->smooth_us / SMOOTHING +
                           latency_us / SMOOTHING;
}

static bool is_slow(const struct wsub_limit *limit)
{
    uint64_t best_us = limit->best_us < limit->best_before_us
                           ? limit->best_us
                           : limit->best_before_us;

    return limit->smooth_us > 0 &&
           limit->smooth_us / 2 > best_us + SLACK_US / 2;
}

static void slow_down(struct wsub_limit *limit, uint64_t started_us,
                      uint64_t now_us)
{
    uint32_t floor = (limit->max + SLOW_FLOOR - 1) / SLOW_FLOOR;
    uint32_t step = (limit->now + SLOW_LOSES - 1) / SLOW_LOSES;

    if (limit->now > floor)
        decrease(limit, limit->now > floor + step ? limit->now - step : floor,
                 started_us, now_us);
}

void wsub_limit_responded(struct wsub_limit *limit, uint32_t sending,
                          uint64_t latency_us, uint64_t started_us,
                          uint64_t now_us)
{
    if (latency_us > 0)
        learn_latency(limit, latency_us, now_us);
    if (sending < limit->now - limit->now / 2)
        return; /* not in use: it has not been tried */
    if (is_slow(limit))
        slow_down(limit, started_us, now_us);
    else if (++limit->good >= limit->now || limit->decreased_us == 0)
        change(limit, limit->now + 1);
}

void wsub_limit_overloaded(struct wsub_limit *limit, uint64_t started_us,
                           uint64_t now_us)
{
    decrease(limit, limit->now / 2, started_us, now_us);
}
