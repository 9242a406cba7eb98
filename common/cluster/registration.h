/* registration.h - how the registration of a process fares.
 *
 *              failures in a row: failure_notification_threshold
 *   healthy --------------------------------------> degraded
 *      ^ ^                                             | max_consecutive_failures
 *      | '----------------- success -------------------+
 *      '------------------- success ------------- failed: the breaker is open
 *
 * Says when to register again: soon after the first success, then each
 * normal_reregister_interval_ms; after failures with a growing delay; while the
 * breaker is open once a minute.  Pure: no clock, no random source, no Redis. */
#ifndef WSUB_CLUSTER_REGISTRATION_H
#define WSUB_CLUSTER_REGISTRATION_H

#include <stdint.h>

#include "common/base/config.h"

enum wsub_health {
    WSUB_HEALTHY,
    WSUB_DEGRADED,
    WSUB_FAILED,
};

/* Each is told once: by a log line and a cluster event. */
enum wsub_health_change {
    WSUB_HEALTH_STAYS,
    WSUB_HEALTH_DEGRADED,
    WSUB_HEALTH_FAILED,    /* the breaker opens */
    WSUB_HEALTH_RECOVERED, /* from degraded */
    WSUB_HEALTH_CLOSED,    /* from failed: the breaker closes */
};

struct wsub_registration {
    const struct wsub_config *config; /* borrowed; outlives this */
    enum wsub_health health;
    uint32_t failures;  /* in a row */
    uint64_t successes; /* in a row */
};

void wsub_registration_init(struct wsub_registration *registration,
                            const struct wsub_config *config);

enum wsub_health_change
wsub_registration_succeeded(struct wsub_registration *registration);
enum wsub_health_change
wsub_registration_failed(struct wsub_registration *registration);

/* How long after the last success or failure it is to register again.  Delays
 * after failures are up to 10% shorter, by `random`. */
uint32_t
wsub_registration_delay_ms(const struct wsub_registration *registration,
                           uint32_t random);

/* "healthy", "degraded" or "failed". */
const char *wsub_health_name(enum wsub_health health);

#endif
