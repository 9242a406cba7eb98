#include "hub/pull/gate.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"

/* A script of a poll takes Redis some 20 us, so others wait for a millisecond or
 * two; and so many keep Redis busy at any distance within a data centre. */
#define PASSED_MAX 32

struct hub_pull_gate {
    TAILQ_HEAD(, hub_pull_pass) waiting;
    size_t passed;
    struct wsub_timer timer; /* lets those pass for whom there is a place */
};

static void pass_one(struct hub_pull_gate *gate, struct hub_pull_pass *pass)
{
    gate->passed++;
    pass->has_passed = true;
    pass->on_passed(pass);
}

/* Where Redis is away they leave at once, and those behind them are due. */
static void plan(struct hub_pull_gate *gate)
{
    if (gate->passed < PASSED_MAX && !TAILQ_EMPTY(&gate->waiting))
        wsub_timer_plan_us(&gate->timer, 0);
}

static void on_timer(void *arg)
{
    struct hub_pull_gate *gate = arg;
    struct hub_pull_pass *first;

    for (int let = 0; let < PASSED_MAX && gate->passed < PASSED_MAX; let++) {
        first = TAILQ_FIRST(&gate->waiting);
        if (first == NULL)
            return;
        TAILQ_REMOVE(&gate->waiting, first, others);
        first->waits = false;
        pass_one(gate, first);
    }
    plan(gate);
}

struct hub_pull_gate *hub_pull_gate_new(struct event_base *base)
{
    struct hub_pull_gate *gate = wsub_calloc(1, sizeof(*gate));

    TAILQ_INIT(&gate->waiting);
    wsub_timer_init(&gate->timer, base, on_timer, gate);
    return gate;
}

void hub_pull_gate_free(struct hub_pull_gate *gate)
{
    if (gate == NULL)
        return;
    assert(TAILQ_EMPTY(&gate->waiting));
    wsub_timer_done(&gate->timer);
    free(gate);
}

void hub_pull_gate_enter(struct hub_pull_gate *gate, struct hub_pull_pass *pass)
{
    assert(!pass->has_passed);
    if (pass->waits)
        return;
    if (gate->passed < PASSED_MAX && TAILQ_EMPTY(&gate->waiting)) {
        pass_one(gate, pass);
        return;
    }
    pass->waits = true;
    TAILQ_INSERT_TAIL(&gate->waiting, pass, others);
}

void hub_pull_gate_leave(struct hub_pull_gate *gate, struct hub_pull_pass *pass)
{
    if (pass->waits)
        TAILQ_REMOVE(&gate->waiting, pass, others);
    if (pass->has_passed)
        gate->passed--;
    pass->waits = pass->has_passed = false;
    plan(gate);
}
