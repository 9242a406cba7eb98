#include "common/base/deadline.h"

#include "common/base/loop.h"

static void arm(struct wsub_deadline *deadline, uint64_t now_ms)
{
    uint64_t at_ms = deadline->at_ms;

    deadline->timer_ms = at_ms;
    wsub_timer_start_ms(&deadline->timer, at_ms > now_ms ? at_ms - now_ms : 0);
}

static void on_timer(void *arg)
{
    struct wsub_deadline *deadline = arg;
    uint64_t now_ms = wsub_now_ms();

    deadline->timer_ms = WSUB_NEVER;
    if (deadline->at_ms == WSUB_NEVER)
        return;
    if (now_ms < deadline->at_ms) {
        arm(deadline, now_ms);
        return;
    }
    deadline->at_ms = WSUB_NEVER;
    deadline->on_due(deadline->arg);
}

void wsub_deadline_init(struct wsub_deadline *deadline, struct event_base *base,
                        void (*on_due)(void *arg), void *arg)
{
    deadline->on_due = on_due;
    deadline->arg = arg;
    deadline->at_ms = deadline->timer_ms = WSUB_NEVER;
    wsub_timer_init(&deadline->timer, base, on_timer, deadline);
}

void wsub_deadline_done(struct wsub_deadline *deadline)
{
    wsub_timer_done(&deadline->timer);
}

void wsub_deadline_set(struct wsub_deadline *deadline, uint64_t at_ms)
{
    deadline->at_ms = at_ms;
    if (at_ms < deadline->timer_ms)
        arm(deadline, wsub_now_ms());
}
