#include "common/store/owner_feed.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/stream_feed.h"
#include "common/store/stream_reader.h"

enum feed_stream { FEED_LOG, FEED_PINGS, FEED_WAKE, FEED_STREAMS };

static const char *const names[FEED_STREAMS] = {
    [FEED_LOG] = WSUB_KEY_LOG,
    [FEED_PINGS] = WSUB_KEY_PINGS,
    [FEED_WAKE] = WSUB_KEY_WAKE,
};

struct wsub_owner_feed {
    struct wsub_owner_feed_options o;
    struct wsub_stream_feed *streams; /* owned */
    bool wakes;                       /* since a read has begun to be given */
};

static size_t capacity(void *arg)
{
    struct wsub_owner_feed *feed = arg;

    return feed->o.capacity(feed->o.arg);
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    struct wsub_owner_feed *feed = arg;

    if (entry->stream == FEED_LOG)
        feed->o.on_event(entry, feed->o.arg);
    else if (entry->stream == FEED_PINGS)
        feed->o.on_announcement(entry, feed->o.arg);
    else
        feed->wakes = true;
}

static void on_given(void *arg)
{
    struct wsub_owner_feed *feed = arg;
    bool wakes = feed->wakes;

    feed->wakes = false;
    feed->o.on_given(feed->o.arg);
    if (wakes)
        feed->o.on_wake(feed->o.arg);
}

static void on_up(void *arg)
{
    struct wsub_owner_feed *feed = arg;

    feed->o.on_wake(feed->o.arg);
}

struct wsub_owner_feed *
wsub_owner_feed_new(const struct wsub_owner_feed_options *options,
                    const char *position)
{
    struct wsub_owner_feed *feed = wsub_calloc(1, sizeof(*feed));

    feed->o = *options;
    feed->streams = wsub_stream_feed_new(
        &(struct wsub_stream_feed_options){
            .base = options->base,
            .store = options->store,
            .shard = options->shard,
            .names = names,
            .count = FEED_STREAMS,
            .capacity = capacity,
            .on_entry = on_entry,
            .on_given = on_given,
            .on_up = on_up,
            .arg = feed,
        },
        position);
    return feed;
}

void wsub_owner_feed_free(struct wsub_owner_feed *feed)
{
    if (feed == NULL)
        return;
    wsub_stream_feed_free(feed->streams);
    free(feed);
}

void wsub_owner_feed_kick(struct wsub_owner_feed *feed)
{
    wsub_stream_feed_kick(feed->streams);
}

void wsub_owner_feed_restart(struct wsub_owner_feed *feed, const char *position)
{
    wsub_stream_feed_restart(feed->streams, position);
}
