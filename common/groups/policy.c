#include "common/groups/policy.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/crypto/digest.h"

void wsub_policy_of_config(const struct wsub_config *config,
                           struct wsub_policy *ret_policy)
{
    *ret_policy = (struct wsub_policy){
        .lease_default_s = config->lease_default_s,
        .lease_min_s = config->lease_min_s,
        .lease_max_s = config->lease_max_s,
        .verify = config->verify,
        .validate_topic = config->validate_topic,
        .max_body_bytes = config->max_body_bytes,
        .max_attempts = config->max_attempts,
        .retry_base_ms = config->retry_base_ms,
        .retry_cap_ms = config->retry_cap_ms,
        .delivery_deadline_s = config->delivery_deadline_s,
        .per_host = config->per_host,
        .retention_s = config->retention_s,
    };
}

void wsub_policy_done(struct wsub_policy *policy)
{
    free(policy->publish.digests);
    free(policy->subscribe.digests);
    *policy = (struct wsub_policy){0};
}

bool wsub_policy_tokens_have(const struct wsub_policy_tokens *tokens,
                             const char *token)
{
    unsigned char digest[WSUB_TOKEN_DIGEST_BYTES];
    bool has = false;

    if (tokens->count == 0)
        return false;
    wsub_sha256(token, strlen(token), digest);
    for (size_t i = 0; i < tokens->count; i++)
        has |= wsub_equal_const_time(tokens->digests[i], sizeof(digest), digest,
                                     sizeof(digest));
    return has;
}
