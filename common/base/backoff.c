#include "common/base/backoff.h"

#include <assert.h>

/* The top of the curve: base * 2^(failures - 1), or the cap. */
static uint32_t curve_ms(const struct wsub_backoff *b, uint32_t failures)
{
    uint64_t ms = b->base_ms;

    /* Doubling stops at the cap, so 64 bits never overflow. */
    for (uint32_t i = 1; i < failures && ms < b->cap_ms; i++)
        ms *= 2;
    return ms < b->cap_ms ? (uint32_t)ms : b->cap_ms;
}

bool wsub_backoff_next(const struct wsub_backoff *b, uint32_t failures,
                       uint32_t random, uint32_t *ret_ms)
{
    uint32_t top, half;

    assert(b->base_ms > 0 && b->cap_ms > 0 && failures > 0);
    if (b->max_tries != 0 && failures >= b->max_tries)
        return false;
    top = curve_ms(b, failures);
    half = top / 2;
    /* Scaling the random number instead of taking a remainder keeps it even. */
    *ret_ms = top - half + (uint32_t)(((uint64_t)half + 1) * random >> 32);
    return true;
}
