/* outcome.h - what becomes of a job after an attempt to deliver its event.
 *
 *   2xx                              done
 *   410                              gone: the subscription ends
 *   anything else, or no response    retry, until max_attempts or the event's
 *                                    deadline (dead); redirects are failures.
 *                                    After suspend_after failures in a row:
 *                                    suspend
 *
 * The cursor job of a suspended subscription is a probe: it is never given up.
 *
 * The delay is what the subscriber asked for (Retry-After, RFC 9110 section
 * 10.2.3), else exponential backoff; neither is longer than the cap.  Pure:
 * time and the random number are passed in. */
#ifndef DELIVER_OUTCOME_H
#define DELIVER_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/groups/policy.h"
#include "common/store/settlement.h"

/* One failed attempt, and the time at which it failed. */
struct deliver_failure {
    bool is_cursor;    /* of a cursor job */
    bool suspended;    /* so is its subscription */
    uint32_t failures; /* attempts that failed, this one included */
    uint32_t run;      /* of the subscription's attempts, in a row */
    uint64_t asked_ms; /* by Retry-After; 0: not */
    uint64_t
        event_ms; /* Unix time at which the event was accepted; 0: replayed */
    uint64_t now_ms; /* Unix time */
    uint32_t random;
};

/* WSUB_OUTCOME_DONE, _GONE, or _RETRY when it is a failure; of a status, 0 when
 * none came. */
enum wsub_outcome deliver_outcome_of_status(long status);

/* WSUB_OUTCOME_RETRY, _SUSPEND or _DEAD, by what holds for the event's topic.  Sets *ret_delay_ms to the delay until
 * the next attempt, or probe. */
enum wsub_outcome deliver_outcome_failed(const struct wsub_config *config,
                                         const struct wsub_policy *policy,
                                         const struct deliver_failure *f,
                                         uint64_t *ret_delay_ms);

/* Whether the event's deadline has passed; a replay has none, and event_ms 0. */
bool deliver_outcome_is_overdue(const struct wsub_policy *policy,
                                uint64_t event_ms, uint64_t now_ms);

#endif
