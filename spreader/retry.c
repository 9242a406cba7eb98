#include "spreader/retry.h"

#include "common/base/backoff.h"
#include "common/base/config.h"

bool spread_retry_plan(const struct wsub_config *config, uint32_t failures,
                       uint32_t random, uint32_t *ret_delay_ms)
{
    struct wsub_backoff backoff = {.base_ms = config->retry_base_ms,
                                   .cap_ms = config->retry_cap_ms,
                                   .max_tries = config->max_attempts};

    return wsub_backoff_next(&backoff, failures, random, ret_delay_ms);
}

uint32_t spread_retry_cap(const struct wsub_config *config, uint64_t delay_ms)
{
    return delay_ms < config->retry_cap_ms ? (uint32_t)delay_ms
                                           : config->retry_cap_ms;
}
