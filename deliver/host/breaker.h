/* breaker.h - whether a host is worth an attempt.
 *
 *   closed --5 failures in a row--> open --its time is over--> half open
 *     ^                              ^ ^                         |  |  |
 *     |                              | '---------failure---------'  |  |
 *     |                              '--nothing learned: at once----'  |
 *     '--------------------------success-------------------------------'
 *
 * Half open means that one request is on its way to try the host.  It stays
 * open for 1 s, twice as long after each try that fails, up to 60 s, with
 * jitter.  A request that started before the last change says nothing about
 * the host as it is now. */
#ifndef DELIVER_BREAKER_H
#define DELIVER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum deliver_breaker_state {
    DELIVER_BREAKER_CLOSED,
    DELIVER_BREAKER_OPEN,
    DELIVER_BREAKER_HALF_OPEN,
    DELIVER_BREAKER_STATE_MAX_
};

/* What a request says about its host. */
enum deliver_health {
    DELIVER_HEALTH_UNKNOWN,
    DELIVER_HEALTH_ALIVE,
    DELIVER_HEALTH_DOWN,
};

/* Zeroed at first: closed. */
struct deliver_breaker {
    enum deliver_breaker_state state;
    uint32_t failures; /* in a row, while closed */
    uint32_t openings; /* since it was closed */
    uint64_t until_us; /* open: it may be tried then */
    uint64_t changed_us;
};

bool deliver_breaker_admits(const struct deliver_breaker *breaker,
                            uint64_t now_us);

/* When to come again, at least 1; for one that is not admitted. */
uint64_t deliver_breaker_wait_ms(const struct deliver_breaker *breaker,
                                 uint64_t now_us);

/* A request, which was admitted, starts. */
void deliver_breaker_start(struct deliver_breaker *breaker, uint64_t now_us);

/* The request that started at `started_us` is over.  `random` is random.
 * Returns whether the breaker opened or closed by it. */
bool deliver_breaker_note(struct deliver_breaker *breaker,
                          enum deliver_health health, uint64_t started_us,
                          uint32_t random, uint64_t now_us);

#endif
