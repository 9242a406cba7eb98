#include "common/cluster/registration.h"

#define BACKOFF_FIRST_MS 2000
#define BREAKER_MS 60000 /* between two attempts while it is open */
#define JITTER_PART 10

static const char *const names[] = {[WSUB_HEALTHY] = "healthy",
                                    [WSUB_DEGRADED] = "degraded",
                                    [WSUB_FAILED] = "failed"};

void wsub_registration_init(struct wsub_registration *registration,
                            const struct wsub_config *config)
{
    *registration = (struct wsub_registration){.config = config};
}

enum wsub_health_change
wsub_registration_succeeded(struct wsub_registration *registration)
{
    enum wsub_health was = registration->health;

    registration->successes++;
    registration->failures = 0;
    registration->health = WSUB_HEALTHY;
    return was == WSUB_FAILED     ? WSUB_HEALTH_CLOSED
           : was == WSUB_DEGRADED ? WSUB_HEALTH_RECOVERED
                                  : WSUB_HEALTH_STAYS;
}

static enum wsub_health
health_after(const struct wsub_registration *registration)
{
    const struct wsub_config *config = registration->config;
    uint32_t failures = registration->failures;

    return failures >= config->max_consecutive_failures         ? WSUB_FAILED
           : failures >= config->failure_notification_threshold ? WSUB_DEGRADED
                                                                : WSUB_HEALTHY;
}

enum wsub_health_change
wsub_registration_failed(struct wsub_registration *registration)
{
    enum wsub_health was = registration->health;

    registration->successes = 0;
    if (registration->failures < UINT32_MAX)
        registration->failures++;
    registration->health = health_after(registration);
    if (registration->health == was)
        return WSUB_HEALTH_STAYS;
    return registration->health == WSUB_FAILED ? WSUB_HEALTH_FAILED
                                               : WSUB_HEALTH_DEGRADED;
}

/* After failures, before the jitter. */
static uint64_t retry_ms(const struct wsub_registration *registration)
{
    const struct wsub_config *config = registration->config;
    uint64_t ms = BACKOFF_FIRST_MS;

    if (registration->health == WSUB_FAILED)
        return BREAKER_MS;
    if (!config->enable_exponential_backoff)
        return config->retry_reregister_interval_ms;
    for (uint32_t i = 1; i < registration->failures; i++) {
        ms *= 2;
        if (ms >= config->max_backoff_interval_ms)
            break;
    }
    return ms < config->max_backoff_interval_ms
               ? ms
               : config->max_backoff_interval_ms;
}

uint32_t
wsub_registration_delay_ms(const struct wsub_registration *registration,
                           uint32_t random)
{
    uint64_t ms;

    if (registration->failures == 0)
        return registration->successes <= 1
                   ? registration->config->initial_reregister_interval_ms
                   : registration->config->normal_reregister_interval_ms;
    ms = retry_ms(registration);
    return (uint32_t)(ms - (ms / JITTER_PART * random >> 32));
}

const char *wsub_health_name(enum wsub_health health)
{
    return names[health];
}
