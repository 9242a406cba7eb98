/* start.h - where who begins to pull begins in the logs. */
#ifndef HUB_PULL_START_H
#define HUB_PULL_START_H

#include "common/store/pull/subscription.h"
#include "common/store/pull/tail.h"
#include "hub/pull/topics.h"

enum hub_pull_from { HUB_PULL_NOW, HUB_PULL_EARLIEST, HUB_PULL_EVENT };

struct hub_pull_start {
    enum hub_pull_from from;
    /* With HUB_PULL_EVENT: after this event of its shard.  In the others, whose
     * events are in no order with it, a little earlier: who was told of it may not
     * have been told of all before it. */
    struct wsub_place event;
    /* How far it was in all shards; borrowed; NULL: not known. */
    const struct wsub_pull_cursors *known;
};

/* The cursors of the topics' shards, given where the logs end; the caller ends
 * them.  What has not happened yet is not skipped, whatever event was named. */
void hub_pull_start_cursors(const struct hub_pull_start *start,
                            const struct hub_pull_topics *topics,
                            const struct wsub_store *store,
                            const struct wsub_pull_tail *tails,
                            struct wsub_pull_cursors *ret_cursors);

#endif
