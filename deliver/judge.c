#include "deliver/judge.h"

#include "common/base/backoff.h"
#include "common/http/retry_after.h"

#define SPREAD 10 /* a tenth: those told the same time don't come at once */

enum deliver_judgement deliver_judge_status(long status)
{
    if (status >= 200 && status < 300)
        return DELIVER_JUDGED_WELL;
    return status == 410 ? DELIVER_JUDGED_GONE : DELIVER_JUDGED_AGAIN;
}

static uint64_t backoff_ms(const struct wsub_config *config, uint32_t cap_ms,
                           const struct deliver_failure *f)
{
    struct wsub_backoff backoff = {.base_ms = config->retry_base_ms,
                                   .cap_ms = cap_ms};
    uint32_t delay_ms = cap_ms;

    return wsub_backoff_next(&backoff, f->failures, f->draw, &delay_ms)
               ? delay_ms
               : cap_ms;
}

/* What the subscriber asked for; false when it asked for nothing. */
static bool asked_ms(const struct wsub_config *config,
                     const struct deliver_failure *f, uint64_t *ret_ms)
{
    uint64_t ms, cap_ms = config->retry_cap_ms;

    if (f->retry_after == NULL ||
        !wsub_retry_after_ms(f->retry_after, (time_t)(f->now_ms / 1000), &ms) ||
        ms == 0)
        return false;
    ms = ms > cap_ms ? cap_ms : ms;
    ms += f->draw % (ms / SPREAD + 1);
    *ret_ms = ms > cap_ms ? cap_ms : ms;
    return true;
}

enum deliver_judgement deliver_judge_failure(const struct wsub_config *config,
                                             const struct deliver_failure *f,
                                             uint64_t *ret_ms)
{
    uint64_t deadline_ms = (uint64_t)config->delivery_deadline_s * 1000;

    if (!asked_ms(config, f, ret_ms))
        *ret_ms = backoff_ms(config, config->retry_cap_ms, f);
    if (f->failures >= config->max_attempts)
        return DELIVER_JUDGED_HOPELESS;
    return deadline_ms != 0 && f->now_ms + *ret_ms > f->event_ms + deadline_ms
               ? DELIVER_JUDGED_HOPELESS
               : DELIVER_JUDGED_AGAIN;
}

uint64_t deliver_judge_probe(const struct wsub_config *config,
                             const struct deliver_failure *f)
{
    uint32_t cap_ms = config->probe_cap_ms < config->retry_cap_ms
                          ? config->probe_cap_ms
                          : config->retry_cap_ms;
    uint64_t delay_ms;

    return asked_ms(config, f, &delay_ms) ? delay_ms
                                          : backoff_ms(config, cap_ms, f);
}
