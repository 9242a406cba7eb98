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
 * jitter.  An operator may open it for a time of theirs, and close it.  A
 * request that started before the last change says nothing about
 * the host as it is now. */
#ifndef WSUB_BREAKER_H
#define WSUB_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum wsub_breaker_state {
    WSUB_BREAKER_CLOSED,
    WSUB_BREAKER_OPEN,
    WSUB_BREAKER_HALF_OPEN,
    WSUB_BREAKER_STATE_MAX_
};

/* What a request says about its host. */
enum wsub_host_health {
    WSUB_HOST_UNKNOWN,
    WSUB_HOST_ALIVE,
    WSUB_HOST_DOWN,
};

/* Zeroed at first: closed. */
struct wsub_breaker {
    enum wsub_breaker_state state;
    uint32_t failures; /* in a row, while closed */
    uint32_t openings; /* since it was closed */
    uint64_t until_us; /* open: it may be tried then */
    uint64_t changed_us;
};

/* "closed", "open" or "half open" */
const char *wsub_breaker_name(enum wsub_breaker_state state);

/* An operator opens it until then; returns whether it was closed. */
bool wsub_breaker_open_until(struct wsub_breaker *breaker, uint64_t until_us,
                             uint64_t now_us);

/* An operator closes it; returns whether it was not closed. */
bool wsub_breaker_close(struct wsub_breaker *breaker, uint64_t now_us);

bool wsub_breaker_admits(const struct wsub_breaker *breaker, uint64_t now_us);

/* When to come again, at least 1; for one that is not admitted. */
uint64_t wsub_breaker_wait_ms(const struct wsub_breaker *breaker,
                              uint64_t now_us);

/* A request, which was admitted, starts. */
void wsub_breaker_start(struct wsub_breaker *breaker, uint64_t now_us);

/* The request that started at `started_us` is over.  `random` is random.
 * Returns whether the breaker opened or closed by it. */
bool wsub_breaker_note(struct wsub_breaker *breaker,
                       enum wsub_host_health health, uint64_t started_us,
                       uint32_t random, uint64_t now_us);

#endif
