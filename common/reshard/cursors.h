/* cursors.h - the cursors of a pull subscription in another number of shards. */
#ifndef WSUB_RESHARD_CURSORS_H
#define WSUB_RESHARD_CURSORS_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/reshard/layouts.h"

/* Adds the new cursors of a subscription to `topics` (separated by spaces, "" for
 * all) whose old ones are `cursors`, `N-MS-SEQ` separated by spaces, their ids
 * not translated yet.  Of each new shard with a topic of its own it is the
 * earliest of those old shards in which such topics were.  WSUB_ERR_INVALID: the
 * cursors can't be read. */
enum wsub_err wsub_reshard_cursors(const struct wsub_layouts *layouts,
                                   const char *topics, const char *cursors,
                                   struct wsub_buf *out) WSUB_MUST_CHECK;

#endif
