#include "common/groups/fields.h"

#include "common/groups/policy.h"

#define DAY_MS 86400000
#define YEAR_S 31536000

#define AT(field) offsetof(struct wsub_policy, field)
#define NUMBER(field, least, most)                                             \
    {                                                                          \
#field, WSUB_GROUP_NUMBER, AT(field), 0, least, most                   \
    }
#define SAID_NUMBER(field, said, least, most)                                  \
    {                                                                          \
#field, WSUB_GROUP_NUMBER, AT(field), AT(said), least, most            \
    }
#define SWITCH(field)                                                          \
    {                                                                          \
#field, WSUB_GROUP_SWITCH, AT(field), 0, 0, 1                          \
    }
#define TOKENS(name, field)                                                    \
    {                                                                          \
        name, WSUB_GROUP_TOKENS, AT(field), 0, 0, 0                            \
    }

/* The ranges are those of the settings. */
const struct wsub_group_field wsub_group_fields[] = {
    TOKENS("publish_tokens", publish),
    TOKENS("subscribe_tokens", subscribe),
    NUMBER(lease_default_s, 1, 10 * YEAR_S),
    NUMBER(lease_min_s, 1, 10 * YEAR_S),
    NUMBER(lease_max_s, 1, 10 * YEAR_S),
    SWITCH(verify),
    SWITCH(validate_topic),
    NUMBER(max_body_bytes, 1, 64 << 20),
    NUMBER(publish_rate, 0, 1000000),
    NUMBER(max_attempts, 1, 1000),
    NUMBER(retry_base_ms, 1, DAY_MS),
    NUMBER(retry_cap_ms, 1, 7 * DAY_MS),
    NUMBER(delivery_deadline_s, 0, 10 * YEAR_S),
    SAID_NUMBER(retention_s, retention_said, 1, YEAR_S),
    SAID_NUMBER(per_host, per_host_said, 1, 65536),
    {"sites", WSUB_GROUP_SITES, 0, 0, 0, 0},
};
const size_t wsub_group_field_count =
    sizeof(wsub_group_fields) / sizeof(wsub_group_fields[0]);
