/* shared.h - what the requests of those who pull share.
 *
 *   subscription.c   POST /api/workflow/subscription: which action
 *        |-- changes.c    add, update, remove       |-- listing.c   list
 *        '-- messages.c   getMessages --.
 *   stream.c         GET /stream -------+--> follower.c --> feeds.c, the logs
 *
 * Filled in by pull.c, which makes all of it. */
#ifndef HUB_PULL_SHARED_H
#define HUB_PULL_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "common/base/config.h"
#include "common/store/pull/subscription_store.h"

struct event_base;
struct hub_pull_feeds;
struct hub_pull_gate;
struct hub_pull_interests;
struct hub_pull_places;
struct hub_pull_poll;
struct hub_pull_stream;
struct hub_pull_survey;
struct wsub_store;

/* All pointers are borrowed, and outlive the requests. */
struct hub_pull {
    struct event_base *base;
    const struct wsub_config *config;
    struct wsub_store *store;
    struct wsub_pull_store *subscriptions;
    struct hub_pull_survey *survey;
    struct hub_pull_feeds *feeds;
    struct hub_pull_gate *gate; /* of the polls */
    struct hub_pull_interests *interests;
    struct hub_pull_places *places;
    /* Each owned by itself. */
    LIST_HEAD(, hub_pull_poll) polls; /* requests for messages */
    LIST_HEAD(, hub_pull_stream) streams;
    size_t waiting; /* polls that may last */
    size_t stream_count;
    bool draining; /* nobody waits any more */
};

#endif
