/* merge.h - the streams of one name of all old shards, in the order of their ids.
 *
 *   wants a page of a shard -> page -> ... -> the next row -> wants a page ...
 *
 * It holds a page of each shard at most. */
#ifndef WSUB_RESHARD_MERGE_H
#define WSUB_RESHARD_MERGE_H

#include <stdbool.h>

#include "common/store/reshard/rows.h"

struct wsub_merge;

/* Of so many old shards, from the beginning of the streams on. */
struct wsub_merge *wsub_merge_new(unsigned shards);
void wsub_merge_free(struct wsub_merge *merge); /* NULL is fine */

/* Whether a page is missing before the next row is known: of which shard, and from
 * where on. */
bool wsub_merge_wants(const struct wsub_merge *merge, unsigned *ret_shard,
                      const char **ret_next);

/* Such a page. */
void wsub_merge_page(struct wsub_merge *merge, unsigned shard,
                     const struct wsub_reshard_page *page);

/* The next row, valid until the next call, and its shard; false when there is none
 * any more.  Not while a page is wanted. */
bool wsub_merge_next(struct wsub_merge *merge, struct wsub_reshard_row *ret_row,
                     unsigned *ret_shard);

#endif
