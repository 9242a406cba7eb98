/* fields.h - what a topic group may say, one row for each. */
#ifndef WSUB_GROUPS_FIELDS_H
#define WSUB_GROUPS_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#define WSUB_GROUP_TOKENS_MAX 100 /* of a use */
#define WSUB_GROUP_TOKEN_MAX_BYTES 256
#define WSUB_GROUP_SITES_MAX 100
/* Before the digest of a token, in hex. */
#define WSUB_GROUP_DIGEST_MARK "sha256:"
#define WSUB_GROUP_DIGEST_HEX 64

enum wsub_group_field_kind {
    WSUB_GROUP_NUMBER, /* uint32_t, from `min` to `max` */
    WSUB_GROUP_SWITCH, /* bool */
    WSUB_GROUP_TOKENS, /* struct wsub_policy_tokens */
    WSUB_GROUP_SITES,  /* of the group, not of its policy */
};

struct wsub_group_field {
    const char *name;
    enum wsub_group_field_kind kind;
    size_t offset;      /* in struct wsub_policy */
    size_t said_offset; /* of the bool that tells that it is said; or 0 */
    uint32_t min, max;
};

/* In the order of a record; the sites are last (lib/group.lua). */
extern const struct wsub_group_field wsub_group_fields[];
extern const size_t wsub_group_field_count;

#endif
