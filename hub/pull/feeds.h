/* feeds.h - the logs of all shards, read once for everybody who waits.
 *
 *   first listener of a shard -> where its log ends -> reads on from there
 *                                                          | event
 *        listeners that want its topic  <-- index ---------'
 *            '-> on_event, then, in small bites, on_woken
 *
 * One connection a shard, on which a read blocks in Redis; none for a shard that
 * nobody has listened to for a while.  A listener hears of each event after
 * hub_pull_feeds_last(), as soon as the shard is ready; what was before that it
 * reads itself (follower.h). */
#ifndef HUB_PULL_FEEDS_H
#define HUB_PULL_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "common/base/config.h"
#include "hub/pull/event.h"
#include "hub/pull/index.h"
#include "hub/pull/topics.h"

struct event_base;
struct hub_pull_feeds;

/* Embedded in who listens, zeroed but for the callbacks. */
struct hub_pull_listener {
    /* The shard is ready; called once for each that was not, later. */
    void (*on_ready)(struct hub_pull_listener *listener, unsigned shard);
    /* An event that it wants; maybe more than once.  Must not leave. */
    void (*on_event)(struct hub_pull_listener *listener,
                     struct hub_pull_event *event);
    /* See hub_pull_feeds_wake(). */
    void (*on_woken)(struct hub_pull_listener *listener);
    /* For feeds.c. */
    const struct hub_pull_topics *topics; /* borrowed */
    struct hub_pull_wants wants;
    LIST_ENTRY(hub_pull_listener) others;
    TAILQ_ENTRY(hub_pull_listener) woken;
    bool listens, is_woken;
};

struct hub_pull_feeds *hub_pull_feeds_new(struct event_base *base,
                                          struct wsub_store *store,
                                          const struct wsub_config *config);
void hub_pull_feeds_free(struct hub_pull_feeds *feeds); /* NULL is fine */

/* Listens to the shards of the topics, which outlive the listening. */
void hub_pull_feeds_listen(struct hub_pull_feeds *feeds,
                           struct hub_pull_listener *listener,
                           const struct hub_pull_topics *topics);
/* Is woken no more either. */
void hub_pull_feeds_leave(struct hub_pull_feeds *feeds,
                          struct hub_pull_listener *listener);

/* Has on_woken called once, as soon as this round of the loop is over: all events
 * of a read are told by then.  The listener need not listen. */
void hub_pull_feeds_wake(struct hub_pull_feeds *feeds,
                         struct hub_pull_listener *listener);

/* Whether the events after *ret_last are told. */
bool hub_pull_feeds_ready(const struct hub_pull_feeds *feeds, unsigned shard,
                          struct wsub_place *ret_last);

#endif
