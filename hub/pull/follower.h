/* follower.h - the events of some topics after cursors, of all their shards.
 *
 *                       page ... page (no more)
 *   STARTING --------> BEHIND ----------------> LIVE
 *     the shard's feed    ^                       |
 *     is not ready        '-- too much is gathered
 *
 * What was stored before is read from the logs (BEHIND); from then on the feeds
 * tell (LIVE).  What they tell while a page is read is gathered too, and left out
 * where the page has it.  A follower that is not live reads what there is and
 * is done.
 *
 * Events are gathered until their owner takes them, up to a bound: a shard whose
 * events do not fit is BEHIND again, and its cursor stays before them. */
#ifndef HUB_PULL_FOLLOWER_H
#define HUB_PULL_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/pull/subscription.h"
#include "hub/pull/event.h"
#include "hub/pull/feeds.h"
#include "hub/pull/topics.h"

struct hub_pull_follower;

struct hub_pull_follower_options {
    struct wsub_store *store;             /* borrowed; outlives the follower */
    struct hub_pull_feeds *feeds;         /* borrowed; likewise */
    const struct wsub_config *config;     /* borrowed; likewise */
    const struct hub_pull_topics *topics; /* borrowed; likewise */
    const struct wsub_pull_cursors *cursors; /* of the topics' shards; copied */
    bool live;
    /* No event comes while another shard may have an earlier one that is to be
     * read from its log: whoever was told of an event was told of all before it,
     * but for what the feeds tell at the same time. */
    bool in_order;
    size_t max_events; /* gathered at once */
    size_t max_bytes;  /* of their bodies; one event may have more */
    /* There is nothing to wait for but new events, or something was gathered;
     * called again whenever that is so.  May free the follower. */
    void (*on_settled)(enum wsub_err err, void *arg);
    void *arg;
};

struct hub_pull_follower *
hub_pull_follower_new(const struct hub_pull_follower_options *options);
void hub_pull_follower_free(struct hub_pull_follower *follower);

/* The gathered events, in the order of wsub_pull_order(); valid until the
 * follower goes on. */
struct hub_pull_event *const *
hub_pull_follower_events(struct hub_pull_follower *follower, size_t *ret_count);

/* How many events have left the logs before they were read. */
uint64_t hub_pull_follower_missed(const struct hub_pull_follower *follower);

/* How far the follower has come: to the gathered events and what is not for it.
 * `ret_before`: what comes before the first gathered event of each shard.  The caller
 * ends both. */
void hub_pull_follower_cursors(const struct hub_pull_follower *follower,
                               struct wsub_pull_cursors *ret_cursors,
                               struct wsub_pull_cursors *ret_before);

/* The gathered events, and those that were missed, are dealt with. */
void hub_pull_follower_drop(struct hub_pull_follower *follower);

/* Reads on where events did not fit. */
void hub_pull_follower_go_on(struct hub_pull_follower *follower);

#endif
