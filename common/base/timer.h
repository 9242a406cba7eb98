/* timer.h - something to be done later, on the event loop.
 *
 * Embedded in what it belongs to.  Zeroed it is no timer yet, and may be
 * ended. */
#ifndef WSUB_BASE_TIMER_H
#define WSUB_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_base;

typedef void wsub_timer_cb(void *arg);

struct wsub_timer {
    struct event *event; /* owned */
    wsub_timer_cb *on_due;
    void *arg; /* borrowed; given to on_due */
};

/* `base` outlives the timer. */
void wsub_timer_init(struct wsub_timer *timer, struct event_base *base,
                     wsub_timer_cb *on_due, void *arg);
void wsub_timer_done(struct wsub_timer *timer);

/* One of loop.h; before it is started. */
void wsub_timer_priority(struct wsub_timer *timer, int priority);

/* Calls on_due once, in so long from now, whatever was planned before. */
void wsub_timer_start_ms(struct wsub_timer *timer, uint64_t ms);
void wsub_timer_start_us(struct wsub_timer *timer, uint64_t us);

/* The same, unless it runs already: then that stands. */
void wsub_timer_plan_ms(struct wsub_timer *timer, uint64_t ms);
void wsub_timer_plan_us(struct wsub_timer *timer, uint64_t us);

/* Calls on_due as soon as this round of the loop is over. */
void wsub_timer_now(struct wsub_timer *timer);

void wsub_timer_stop(struct wsub_timer *timer);
bool wsub_timer_runs(const struct wsub_timer *timer);

/* Calls on_due each `ms`, the first time after `ms`. */
void wsub_timer_every_ms(struct wsub_timer *timer, struct event_base *base,
                         uint64_t ms, wsub_timer_cb *on_due, void *arg);

#endif
