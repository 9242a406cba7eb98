#include "common/host/breaker.h"

#include <assert.h>
#include <stddef.h>

#include "common/base/backoff.h"
#include "common/base/states.h"

#define FAILURES_MAX 5 /* fewer are bad luck: one lost server of several */
#define OPEN_MS 1000
#define OPEN_MAX_MS 60000
#define TRYING_MS 1000 /* how long a try takes is not known before */

static const struct wsub_state states[WSUB_BREAKER_STATE_MAX_] = {
    [WSUB_BREAKER_CLOSED] = {"closed", WSUB_BIT(WSUB_BREAKER_OPEN)},
    [WSUB_BREAKER_OPEN] = {"open", WSUB_BIT(WSUB_BREAKER_HALF_OPEN) |
                                       WSUB_BIT(WSUB_BREAKER_CLOSED)},
    [WSUB_BREAKER_HALF_OPEN] = {"half open", WSUB_BIT(WSUB_BREAKER_OPEN) |
                                                 WSUB_BIT(WSUB_BREAKER_CLOSED)},
};

static void enter(struct wsub_breaker *breaker, enum wsub_breaker_state state,
                  uint64_t now_us)
{
    breaker->state = (enum wsub_breaker_state)wsub_state_enter(
        states, "breaker", "of a host", breaker->state, state);
    breaker->changed_us = now_us;
    breaker->failures = 0;
}

const char *wsub_breaker_name(enum wsub_breaker_state state)
{
    return states[state].name;
}

bool wsub_breaker_open_until(struct wsub_breaker *breaker, uint64_t until_us,
                             uint64_t now_us)
{
    bool was_closed = breaker->state == WSUB_BREAKER_CLOSED;

    if (breaker->state != WSUB_BREAKER_OPEN)
        enter(breaker, WSUB_BREAKER_OPEN, now_us);
    breaker->until_us = until_us;
    return was_closed;
}

bool wsub_breaker_close(struct wsub_breaker *breaker, uint64_t now_us)
{
    breaker->openings = 0;
    breaker->failures = 0;
    if (breaker->state == WSUB_BREAKER_CLOSED)
        return false;
    enter(breaker, WSUB_BREAKER_CLOSED, now_us);
    return true;
}

bool wsub_breaker_admits(const struct wsub_breaker *breaker, uint64_t now_us)
{
    return breaker->state == WSUB_BREAKER_CLOSED ||
           (breaker->state == WSUB_BREAKER_OPEN && now_us >= breaker->until_us);
}

uint64_t wsub_breaker_wait_ms(const struct wsub_breaker *breaker,
                              uint64_t now_us)
{
    if (breaker->state == WSUB_BREAKER_HALF_OPEN)
        return TRYING_MS;
    return breaker->until_us > now_us
               ? (breaker->until_us - now_us + 999) / 1000
               : 1;
}

void wsub_breaker_start(struct wsub_breaker *breaker, uint64_t now_us)
{
    assert(wsub_breaker_admits(breaker, now_us));
    if (breaker->state == WSUB_BREAKER_OPEN)
        enter(breaker, WSUB_BREAKER_HALF_OPEN, now_us);
}

static void open_up(struct wsub_breaker *breaker, uint32_t random,
                    uint64_t now_us)
{
    static const struct wsub_backoff backoff = {.base_ms = OPEN_MS,
                                                .cap_ms = OPEN_MAX_MS};
    uint32_t open_ms = OPEN_MAX_MS;

    (void)wsub_backoff_next(&backoff, ++breaker->openings, random, &open_ms);
    enter(breaker, WSUB_BREAKER_OPEN, now_us);
    breaker->until_us = now_us + (uint64_t)open_ms * 1000;
}

static bool note_closed(struct wsub_breaker *breaker,
                        enum wsub_host_health health, uint32_t random,
                        uint64_t now_us)
{
    if (health == WSUB_HOST_ALIVE)
        breaker->failures = 0;
    if (health != WSUB_HOST_DOWN || ++breaker->failures < FAILURES_MAX)
        return false;
    open_up(breaker, random, now_us);
    return true;
}

static bool note_tried(struct wsub_breaker *breaker,
                       enum wsub_host_health health, uint32_t random,
                       uint64_t now_us)
{
    switch (health) {
    case WSUB_HOST_ALIVE:
        enter(breaker, WSUB_BREAKER_CLOSED, now_us);
        breaker->openings = 0;
        return true;
    case WSUB_HOST_DOWN:
        open_up(breaker, random, now_us);
        return true;
    case WSUB_HOST_UNKNOWN:
        break;
    }
    enter(breaker, WSUB_BREAKER_OPEN, now_us);
    breaker->until_us = now_us;
    return false;
}

bool wsub_breaker_note(struct wsub_breaker *breaker,
                       enum wsub_host_health health, uint64_t started_us,
                       uint32_t random, uint64_t now_us)
{
    if (started_us < breaker->changed_us)
        return false;
    switch (breaker->state) {
    case WSUB_BREAKER_CLOSED:
        return note_closed(breaker, health, random, now_us);
    case WSUB_BREAKER_HALF_OPEN:
        return note_tried(breaker, health, random, now_us);
    default: /* open: it is known already */
        return false;
    }
}
