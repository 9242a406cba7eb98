/* log_feed.h - the events of a shard's log for a hub, as they come.
 *
 * On a connection of its own; nothing is claimed (stream_feed.h).  Each hub that
 * has somebody who waits for events of the shard reads all of them.
 *
 * Where Redis has lost the log, and ids began anew before the position, nothing
 * would come until they have passed it.  So each time the connection is built, and
 * after some seconds in which nothing came, the feed looks where the log ends, and
 * begins anew at 0-0 when that is before what it had read. */
#ifndef WSUB_STORE_PULL_LOG_FEED_H
#define WSUB_STORE_PULL_LOG_FEED_H

#include <stdbool.h>

#include "common/store/pull/page.h"

struct event_base;
struct wsub_pull_log_feed;
struct wsub_store;

struct wsub_pull_log_feed_options {
    struct event_base *base;  /* borrowed; outlives the feed */
    struct wsub_store *store; /* borrowed; outlives the feed */
    unsigned shard;
    /* Whether more events are taken; while they are not the log is not read.  Up
     * to 16 come at once. */
    bool (*capacity)(void *arg);
    /* Borrowed for the call.  Entries that are no event (page.h) are passed. */
    void (*on_event)(const struct wsub_pull_event *event, void *arg);
    /* Those were all events of a read; maybe none. */
    void (*on_given)(void *arg);
    /* The feed can't read, so it may be behind; may be NULL.  One that has no
     * capacity notices when it has some. */
    void (*on_down)(void *arg);
    void (*on_up)(void *arg); /* it can read, again; may be NULL */
    void *arg;
};

/* Reads on after `position`, an event of the shard. */
struct wsub_pull_log_feed *
wsub_pull_log_feed_new(const struct wsub_pull_log_feed_options *options,
                       const struct wsub_place *position);
/* Not from one of its callbacks; before the store is freed. */
void wsub_pull_log_feed_free(struct wsub_pull_log_feed *feed);

/* There is capacity again. */
void wsub_pull_log_feed_kick(struct wsub_pull_log_feed *feed);

bool wsub_pull_log_feed_is_up(const struct wsub_pull_log_feed *feed);

#endif
