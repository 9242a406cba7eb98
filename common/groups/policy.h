/* policy.h - what holds for a topic: the settings, and what its topic group says
 * in place of them.
 *
 * Plain data, complete: whoever needs a value reads it here and looks nowhere
 * else.  A policy is looked up by wsub_groups_find() (groups.h) where it is
 * needed, and not kept: another version of the group may be applied as soon as
 * the loop goes round. */
#ifndef WSUB_GROUPS_POLICY_H
#define WSUB_GROUPS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wsub_config;

#define WSUB_TOKEN_DIGEST_BYTES 32 /* SHA-256 of a token */

/* Digests of tokens; `count` 0 and `said` true: nobody. */
struct wsub_policy_tokens {
    bool said; /* by the group; else the hub's own tokens count */
    size_t count;
    unsigned char (*digests)[WSUB_TOKEN_DIGEST_BYTES]; /* owned */
};

struct wsub_policy {
    const char *group; /* borrowed; its id, NULL where no group has the topic */
    uint64_t version;  /* of the group */
    bool is_deleted;   /* tombstoned: nothing may be done with the topic */

    struct wsub_policy_tokens publish, subscribe;
    uint32_t lease_default_s, lease_min_s, lease_max_s;
    bool verify, validate_topic;
    uint32_t max_body_bytes;
    uint32_t publish_rate; /* events a second of the whole group; 0: no limit */

    uint32_t max_attempts, retry_base_ms, retry_cap_ms;
    uint32_t delivery_deadline_s; /* 0: none */
    uint32_t per_host;            /* of the group's deliveries to one host */
    bool per_host_said;

    uint32_t retention_s;
    bool retention_said;
};

/* What the settings alone say. */
void wsub_policy_of_config(const struct wsub_config *config,
                           struct wsub_policy *ret_policy);
/* Frees what it owns. */
void wsub_policy_done(struct wsub_policy *policy);

/* Whether `token` is one of them; how long that takes does not depend on what they
 * are. */
bool wsub_policy_tokens_have(const struct wsub_policy_tokens *tokens,
                             const char *token);

#endif
