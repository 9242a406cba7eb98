/* owner_feed.h - what the owner of a shard waits for.
 *
 *   log    after the position   -> on_event
 *   pings  of direct producers  -> on_announcement
 *   wake   something is due earlier than the owner knows -> on_wake
 *
 * One read for all three, which blocks in Redis on a connection of its own.
 * Nothing is claimed: what is read stays where it is until a script of the owner
 * takes it. */
#ifndef WSUB_STORE_OWNER_FEED_H
#define WSUB_STORE_OWNER_FEED_H

#include <stddef.h>

struct event_base;
struct wsub_owner_feed;
struct wsub_store;
struct wsub_stream_entry;

struct wsub_owner_feed_options {
    struct event_base *base;  /* borrowed; outlives the feed */
    struct wsub_store *store; /* borrowed; outlives the feed */
    unsigned shard;
    /* How many more events the owner takes; with 0 the log is not read. */
    size_t (*capacity)(void *arg);
    /* One entry; valid during the call. */
    void (*on_event)(const struct wsub_stream_entry *entry, void *arg);
    void (*on_announcement)(const struct wsub_stream_entry *entry, void *arg);
    /* Those were all entries of a read. */
    void (*on_given)(void *arg);
    /* Look at what is due; also each time the connection is built. */
    void (*on_wake)(void *arg);
    void *arg;
};

/* `position`: id of the event of the log to read after. */
struct wsub_owner_feed *
wsub_owner_feed_new(const struct wsub_owner_feed_options *options,
                    const char *position);
void wsub_owner_feed_free(struct wsub_owner_feed *feed);

/* The owner has capacity again. */
void wsub_owner_feed_kick(struct wsub_owner_feed *feed);

/* Reads the log after `position` from now on. */
void wsub_owner_feed_restart(struct wsub_owner_feed *feed,
                             const char *position);

#endif
