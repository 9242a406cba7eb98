/* wait.h - waiting for a condition, in tests whose loop turns only meanwhile.
 *
 * The deadline is one that only a bug reaches. */
#ifndef WSUB_TESTS_WAIT_H
#define WSUB_TESTS_WAIT_H

#include <check.h>
#include <poll.h>
#include <stdint.h>

#include <event2/event.h>

#include "common/base/loop.h"

#define DEADLINE_MS 20000

/* Turns the event_base until the condition holds. */
#define WAIT_FOR(event_base, condition)                                        \
    do {                                                                       \
        uint64_t wait_end_ms = wsub_now_ms() + DEADLINE_MS;                    \
        while (!(condition)) {                                                 \
            ck_assert_msg(wsub_now_ms() < wait_end_ms,                         \
                          "never came: " #condition);                          \
            event_base_loop(event_base, EVLOOP_NONBLOCK);                      \
            poll(NULL, 0, 1);                                                  \
        }                                                                      \
    } while (0)

#endif
