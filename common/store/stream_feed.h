/* stream_feed.h - reads streams of a shard after positions, as entries come.
 *
 *   link up --> read (blocks in Redis) --> entries --> read ...
 *                 |  '- link down: waits for the link
 *                 '- refused: a pause, and again
 *
 * One read for all streams, on a connection of its own.  Nothing is claimed: what
 * is read stays where it is. */
#ifndef WSUB_STORE_STREAM_FEED_H
#define WSUB_STORE_STREAM_FEED_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct wsub_store;
struct wsub_stream_entry;
struct wsub_stream_feed;

#define WSUB_FEED_STREAMS_MAX 3

struct wsub_stream_feed_options {
    struct event_base *base;  /* borrowed; outlives the feed */
    struct wsub_store *store; /* borrowed; outlives the feed */
    unsigned shard;
    const char *const *names; /* borrowed; const; of keys.h */
    unsigned count;           /* of streams, at most WSUB_FEED_STREAMS_MAX */
    /* How many more entries of the first stream are taken; with 0 it is not
     * read. */
    size_t (*capacity)(void *arg);
    /* One entry; valid during the call. */
    void (*on_entry)(const struct wsub_stream_entry *entry, void *arg);
    /* Those were all entries of a read. */
    void (*on_given)(void *arg);
    /* A read has ended by itself after some seconds.  May be NULL. */
    void (*on_nothing)(void *arg);
    void (*on_up)(void *arg);   /* each time the connection is built */
    void (*on_down)(void *arg); /* a read was lost with it; may be NULL */
    void *arg;
};

/* `position`: id of the entry of the first stream to read after; the others are
 * read from their beginnings. */
struct wsub_stream_feed *
wsub_stream_feed_new(const struct wsub_stream_feed_options *options,
                     const char *position);
void wsub_stream_feed_free(struct wsub_stream_feed *feed);

/* There is capacity again. */
void wsub_stream_feed_kick(struct wsub_stream_feed *feed);

/* Reads the first stream after `position` from now on. */
void wsub_stream_feed_restart(struct wsub_stream_feed *feed,
                              const char *position);

/* The last entry of the first stream that was read. */
const char *wsub_stream_feed_position(const struct wsub_stream_feed *feed);

/* Whether it can read. */
bool wsub_stream_feed_is_up(const struct wsub_stream_feed *feed);

#endif
