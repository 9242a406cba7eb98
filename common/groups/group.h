/* group.h - one topic group, as its record in Redis says it. */
#ifndef WSUB_GROUPS_GROUP_H
#define WSUB_GROUPS_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/groups/policy.h"

struct wsub_group {
    char *id;     /* owned */
    char *prefix; /* owned; as prefix.h spells it */
    uint64_t version;
    bool is_deleted; /* a tombstone */
    bool is_here;    /* it is for the site of the settings */
    /* What holds for its topics: the settings, and what it says in their place;
     * borrows `id`. */
    struct wsub_policy policy;
};

/* Reads a record.  What it says and nobody can use counts as not said, so that
 * a record of a newer program is good for an older one.  WSUB_ERR_INVALID: it is
 * no record, or of another format.  The caller ends *ret_group by
 * wsub_group_done(). */
enum wsub_err wsub_group_parse(const char *record,
                               const struct wsub_config *config,
                               struct wsub_group *ret_group) WSUB_MUST_CHECK;
void wsub_group_done(struct wsub_group *group);

#endif
