/* ended_groups.h - which topic groups that were deleted have no subscriptions left
 * in a shard (hash `ended_groups`). */
#ifndef WSUB_STORE_ENDED_GROUPS_H
#define WSUB_STORE_ENDED_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

struct wsub_store;

/* `is_ended`: all of them were noted; false unless err is WSUB_OK. */
typedef void wsub_ended_groups_cb(enum wsub_err err, bool is_ended, void *arg);

/* Whether all of those groups were noted in the shard.  Tried once, as is the
 * other: `cb` is called once, maybe during this call. */
void wsub_ended_groups_find(struct wsub_store *store, unsigned shard,
                            const char *const *ids, size_t count,
                            wsub_ended_groups_cb *cb, void *arg);

/* Notes them.  A group stays deleted for ever. */
void wsub_ended_groups_note(struct wsub_store *store, unsigned shard,
                            const char *const *ids, size_t count,
                            wsub_ended_groups_cb *cb, void *arg);

#endif
