#include "spreader/clock.h"

int64_t spread_clock_note(struct spread_clock *clock, uint64_t sent_ms,
                          uint64_t replied_ms, uint64_t redis_ms)
{
    int64_t least_ms = (int64_t)redis_ms - (int64_t)replied_ms;
    int64_t most_ms = (int64_t)redis_ms - (int64_t)sent_ms;
    int64_t moved_ms = 0;

    if (clock->known && least_ms > clock->most_ms)
        moved_ms = least_ms - clock->most_ms;
    else if (clock->known && most_ms < clock->least_ms)
        moved_ms = most_ms - clock->least_ms;
    clock->least_ms = least_ms;
    clock->most_ms = most_ms;
    clock->known = true;
    return moved_ms >= SPREAD_CLOCK_MOVED_MS ||
                   moved_ms <= -SPREAD_CLOCK_MOVED_MS
               ? moved_ms
               : 0;
}
