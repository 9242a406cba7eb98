/* clock.h - whether Redis' clock goes as ours does.
 *
 * Pure.  A reply names Redis' time at some moment between a call and its reply,
 * so the difference of the clocks lies between two bounds.  When those of one
 * call and those of the call before have nothing in common, one of the clocks
 * was moved; ours is one that never is. */
#ifndef SPREADER_CLOCK_H
#define SPREADER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed before the first use. */
struct spread_clock {
    int64_t least_ms, most_ms; /* Redis' time minus ours */
    bool known;
};

/* Takes the time of a reply; returns by how much Redis' clock was moved since
 * the one before, at least; below SPREAD_CLOCK_MOVED_MS it is 0. */
#define SPREAD_CLOCK_MOVED_MS 2000
int64_t spread_clock_note(struct spread_clock *clock, uint64_t sent_ms,
                          uint64_t replied_ms, uint64_t redis_ms);

#endif
