#include "deliver/outcome.h"

#include "common/base/backoff.h"

#define SPREAD 10 /* a tenth: those told the same time don't come at once */

enum wsub_outcome deliver_outcome_of_status(long status)
{
    if (status >= 200 && status < 300)
        return WSUB_OUTCOME_DONE;
    return status == 410 ? WSUB_OUTCOME_GONE : WSUB_OUTCOME_RETRY;
}

static uint64_t backoff_ms(const struct wsub_policy *policy, uint32_t cap_ms,
                           const struct deliver_failure *f)
{
    struct wsub_backoff backoff = {.base_ms = policy->retry_base_ms,
                                   .cap_ms = cap_ms};
    uint32_t delay_ms = cap_ms;

    return wsub_backoff_next(&backoff, f->failures, f->random, &delay_ms)
               ? delay_ms
               : cap_ms;
}

/* What the subscriber asked for; false when it asked for nothing. */
static bool asked_ms(const struct wsub_policy *policy,
                     const struct deliver_failure *f, uint64_t *ret_ms)
{
    uint64_t cap_ms = policy->retry_cap_ms;
    uint64_t ms = f->asked_ms > cap_ms ? cap_ms : f->asked_ms;

    if (ms == 0)
        return false;
    ms += f->random % (ms / SPREAD + 1);
    *ret_ms = ms > cap_ms ? cap_ms : ms;
    return true;
}

static uint64_t retry_ms(const struct wsub_policy *policy,
                         const struct deliver_failure *f)
{
    uint64_t delay_ms;

    return asked_ms(policy, f, &delay_ms)
               ? delay_ms
               : backoff_ms(policy, policy->retry_cap_ms, f);
}

static uint64_t probe_ms(const struct wsub_config *config,
                         const struct wsub_policy *policy,
                         const struct deliver_failure *f)
{
    uint32_t cap_ms = config->probe_cap_ms < policy->retry_cap_ms
                          ? config->probe_cap_ms
                          : policy->retry_cap_ms;
    uint64_t delay_ms;

    return asked_ms(policy, f, &delay_ms) ? delay_ms
                                          : backoff_ms(policy, cap_ms, f);
}

bool deliver_outcome_is_overdue(const struct wsub_policy *policy,
                                uint64_t event_ms, uint64_t now_ms)
{
    uint64_t deadline_ms = (uint64_t)policy->delivery_deadline_s * 1000;

    return deadline_ms != 0 && event_ms != 0 && event_ms + deadline_ms < now_ms;
}

enum wsub_outcome deliver_outcome_failed(const struct wsub_config *config,
                                         const struct wsub_policy *policy,
                                         const struct deliver_failure *f,
                                         uint64_t *ret_delay_ms)
{
    bool suspends = f->run >= config->suspend_after;

    if (f->is_cursor && (f->suspended || suspends)) {
        *ret_delay_ms = probe_ms(config, policy, f);
        return WSUB_OUTCOME_SUSPEND;
    }
    *ret_delay_ms = retry_ms(policy, f);
    if (f->failures >= policy->max_attempts ||
        deliver_outcome_is_overdue(policy, f->event_ms,
                                   f->now_ms + *ret_delay_ms))
        return WSUB_OUTCOME_DEAD;
    return suspends ? WSUB_OUTCOME_SUSPEND : WSUB_OUTCOME_RETRY;
}
