/* stall.h - whether this process stood still.
 *
 * One that was stopped, swapped out or starved finds its requests timed out
 * when it goes on, and their responses unread: that says nothing about the
 * subscribers.  A beat comes every `every_ms`; what one comes later than that
 * is time in which the process did not run.  Pure: time is passed in. */
#ifndef DELIVER_STALL_H
#define DELIVER_STALL_H

#include <stdbool.h>
#include <stdint.h>

struct deliver_stall {
    uint64_t every_ms;
    uint64_t least_ms; /* a shorter standstill is none */
    uint64_t beat_ms;  /* the last beat; 0 before the first */
    uint64_t ended_ms; /* end of the last standstill; 0 without one */
};

/* Called every `every_ms`, as far as the process runs. */
void deliver_stall_beat(struct deliver_stall *stall, uint64_t now_ms);

/* Whether the process has stood still since `since_ms`. */
bool deliver_stall_since(struct deliver_stall *stall, uint64_t since_ms,
                         uint64_t now_ms);

#endif
