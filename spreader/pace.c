#include "spreader/pace.h"

#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"

#define OTHERS_SHARE 4      /* times as long for others */
#define PAUSE_MAX_MS 100ULL /* however long Redis did not reply */

TAILQ_HEAD(rounds, spread_round);

struct spread_pace {
    struct event_base *base; /* borrowed */
    struct wsub_timer pause;
    struct rounds queue; /* borrowed elements */
    bool under_way;
    uint64_t began_us; /* the call that is under way; our clock */
    size_t processes;
};

static void run_first(struct spread_pace *pace)
{
    struct spread_round *round = TAILQ_FIRST(&pace->queue);

    if (pace->under_way || wsub_timer_runs(&pace->pause) || round == NULL)
        return;
    TAILQ_REMOVE(&pace->queue, round, next);
    round->waits = false;
    pace->under_way = true;
    pace->began_us = wsub_now_us();
    round->run(round->arg);
}

static void on_pause_over(void *arg)
{
    run_first(arg);
}

struct spread_pace *spread_pace_new(struct event_base *base)
{
    struct spread_pace *pace = wsub_calloc(1, sizeof(*pace));

    pace->base = base;
    pace->processes = 1;
    TAILQ_INIT(&pace->queue);
    wsub_timer_init(&pace->pause, base, on_pause_over, pace);
    return pace;
}

void spread_pace_free(struct spread_pace *pace)
{
    if (pace == NULL)
        return;
    wsub_timer_done(&pace->pause);
    free(pace);
}

void spread_pace_set_processes(struct spread_pace *pace, size_t processes)
{
    pace->processes = processes == 0 ? 1 : processes;
}

static void on_due(void *arg)
{
    struct spread_round *round = arg;
    struct spread_pace *pace = round->pace;

    if (round->waits)
        return;
    round->waits = true;
    TAILQ_INSERT_TAIL(&pace->queue, round, next);
    run_first(pace);
}

void spread_round_init(struct spread_round *round, struct spread_pace *pace,
                       void (*run)(void *arg), void *arg)
{
    round->pace = pace;
    round->waits = false;
    round->run = run;
    round->arg = arg;
    wsub_timer_init(&round->timer, pace->base, on_due, round);
}

void spread_round_done(struct spread_round *round)
{
    if (round->pace != NULL)
        spread_round_stop(round);
    wsub_timer_done(&round->timer);
}

void spread_round_start_ms(struct spread_round *round, uint64_t ms)
{
    if (!round->waits)
        wsub_timer_start_ms(&round->timer, ms);
}

void spread_round_stop(struct spread_round *round)
{
    wsub_timer_stop(&round->timer);
    if (!round->waits)
        return;
    round->waits = false;
    TAILQ_REMOVE(&round->pace->queue, round, next);
}

/* The first of those that wait runs when the loop comes to it: who calls this has
 * something to do with the reply first. */
void spread_round_over(struct spread_round *round)
{
    struct spread_pace *pace = round->pace;
    uint64_t took_us = wsub_now_us() - pace->began_us;
    uint64_t pause_us = took_us * OTHERS_SHARE * pace->processes;

    pace->under_way = false;
    wsub_timer_start_us(&pace->pause, pause_us < PAUSE_MAX_MS * 1000
                                          ? pause_us
                                          : PAUSE_MAX_MS * 1000);
}
