/* pace.h - one call of Redis after the other, with time for others in between. */
#ifndef SPREADER_HEALTH_PACE_H
#define SPREADER_HEALTH_PACE_H

#include <stdint.h>

#include "common/base/timer.h"

/* Embedded; its fields are its own. */
struct spread_pace {
    struct wsub_timer pause;
    void (*on_next)(void *arg);
    void *arg; /* borrowed; given to on_next */
    uint64_t sent_us, debt_us;
};

/* `on_next` sends the next call. */
void spread_pace_init(struct spread_pace *pace, struct event_base *base,
                      void (*on_next)(void *arg), void *arg);
void spread_pace_done(struct spread_pace *pace);

/* A call is about to be sent. */
void spread_pace_sent(struct spread_pace *pace);

/* It has its reply: on_next is called once Redis had as much time for others as
 * the call took, maybe during this call. */
void spread_pace_replied(struct spread_pace *pace);

#endif
