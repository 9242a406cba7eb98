/* limit.h - how many requests a host takes at once, learned by trying.
 *
 * Starts at 16, or at the maximum when that is less.  If the requests use it, it
 * grows with each good response, so it doubles in a round trip, until it has
 * been decreased for the first time; from then on by one after as many good
 * responses as it allows requests.  Is halved when the host asks for less
 * (429, 503) or an attempt times out, and loses an eighth when responses take
 * much longer than the host's own best: more than twice that and 10 ms.  A
 * request that started before the last decrease says nothing new, so it falls
 * once in a round trip at most.
 *
 * The best is that of the last one to two half minutes, so that a lasting
 * change becomes the new normal; and slowness alone never takes it below a
 * quarter of the maximum: it may be ours, when this machine is busy. */
#ifndef WSUB_LIMIT_H
#define WSUB_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct wsub_limit {
    uint32_t max, first;
    uint32_t now;            /* requests at once: 1 to max */
    uint32_t good;           /* responses since it last changed */
    uint64_t decreased_us;   /* 0: never */
    uint64_t smooth_us;      /* what a response takes; 0: none has come */
    uint64_t best_us;        /* in this half minute; UINT64_MAX: none yet */
    uint64_t best_before_us; /* in the one before */
    uint64_t best_until_us;  /* this half minute ends */
};

void wsub_limit_init(struct wsub_limit *limit, uint32_t max);

/* The host comes back from an outage: begins at 2. */
void wsub_limit_restart(struct wsub_limit *limit, uint64_t now_us);

/* A good response came, after `latency_us` (0: unknown), while `sending`
 * requests were on their way, this one included. */
void wsub_limit_responded(struct wsub_limit *limit, uint32_t sending,
                          uint64_t latency_us, uint64_t started_us,
                          uint64_t now_us);

/* A request was turned away or timed out. */
void wsub_limit_overloaded(struct wsub_limit *limit, uint64_t started_us,
                           uint64_t now_us);

#endif
