#include "deliver/stall.h"

/* A standstill that has just ended is known before the beat that is late. */
static void look(struct deliver_stall *stall, uint64_t now_ms)
{
    if (stall->beat_ms != 0 &&
        now_ms >= stall->beat_ms + stall->every_ms + stall->least_ms)
        stall->ended_ms = now_ms;
}

void deliver_stall_beat(struct deliver_stall *stall, uint64_t now_ms)
{
    look(stall, now_ms);
    stall->beat_ms = now_ms;
}

bool deliver_stall_since(struct deliver_stall *stall, uint64_t since_ms,
                         uint64_t now_ms)
{
    look(stall, now_ms);
    return stall->ended_ms > since_ms;
}
