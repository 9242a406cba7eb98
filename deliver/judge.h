/* judge.h - what an answer to a delivery means, and when to try again.
 *
 *   2xx                              delivered
 *   410                              the subscription ends
 *   anything else, or no answer      again, until max_attempts or the
 *                                    event's deadline; redirects are failures
 *
 * The delay is what the subscriber asked for (Retry-After, RFC 9110 section
 * 10.2.3), else exponential backoff; neither is longer than the cap.  Pure:
 * time and the random draw are passed in. */
#ifndef DELIVER_JUDGE_H
#define DELIVER_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"

enum deliver_judgement {
    DELIVER_JUDGED_WELL,
    DELIVER_JUDGED_GONE,
    DELIVER_JUDGED_AGAIN,
    DELIVER_JUDGED_HOPELESS, /* give up */
};

/* One failed attempt, and the time at which it failed. */
struct deliver_failure {
    uint32_t failures;       /* attempts that failed, this one included */
    const char *retry_after; /* the header's value; NULL without one */
    uint64_t event_ms;       /* Unix time at which the event was accepted */
    uint64_t now_ms;         /* Unix time */
    uint32_t draw;           /* random */
};

/* Of a status, 0 when none came. */
enum deliver_judgement deliver_judge_status(long status);

/* Sets *ret_ms to the delay until the next attempt, and returns
 * DELIVER_JUDGED_AGAIN or, when no further one is to be made,
 * DELIVER_JUDGED_HOPELESS. */
enum deliver_judgement deliver_judge_failure(const struct wsub_config *config,
                                             const struct deliver_failure *f,
                                             uint64_t *ret_ms);

/* The delay until the next probe of a suspended subscription. */
uint64_t deliver_judge_probe(const struct wsub_config *config,
                             const struct deliver_failure *f);

#endif
