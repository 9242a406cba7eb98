/* deadline.h - a timer whose time is moved often.
 *
 * A deadline that moves back is only noted: the timer looks again when it goes
 * off, so that what is busy hardly touches it.  Embedded in what it belongs
 * to. */
#ifndef WSUB_BASE_DEADLINE_H
#define WSUB_BASE_DEADLINE_H

#include <stdint.h>

#include "common/base/timer.h"

#define WSUB_NEVER UINT64_MAX

struct wsub_deadline {
    struct wsub_timer timer;
    uint64_t at_ms;    /* of wsub_now_ms(); WSUB_NEVER when there is none */
    uint64_t timer_ms; /* when the timer goes off; WSUB_NEVER when it is off */
    void (*on_due)(void *arg);
    void *arg; /* borrowed; given to on_due */
};

/* There is none at first.  `base` outlives the deadline. */
void wsub_deadline_init(struct wsub_deadline *deadline, struct event_base *base,
                        void (*on_due)(void *arg), void *arg);
void wsub_deadline_done(struct wsub_deadline *deadline);

/* From `at_ms` on, which may be past, on_due is called once, from the loop, in
 * place of what was set before.  WSUB_NEVER: it is not called. */
void wsub_deadline_set(struct wsub_deadline *deadline, uint64_t at_ms);

#endif
