#include "common/store/owner_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/entry_id.h"
#include "common/store/keys.h"
#include "common/store/reader_link.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"

#define BLOCK_MS 5000
#define READ_MAX 16 /* entries of `log` hold whole bodies, 1 MiB or more */
#define PAUSE_MS 50 /* before another look at Redis: starting, or refusing */

enum feed_stream { FEED_LOG, FEED_PINGS, FEED_WAKE, FEED_STREAMS };

static const char *const names[FEED_STREAMS] = {
    [FEED_LOG] = WSUB_KEY_LOG,
    [FEED_PINGS] = WSUB_KEY_PINGS,
    [FEED_WAKE] = WSUB_KEY_WAKE,
};

struct wsub_owner_feed {
    struct wsub_owner_feed_options o;
    struct wsub_reader_link link;
    struct wsub_redis_request read; /* its command owned */
    struct wsub_timer pause;
    struct wsub_entry_id after[FEED_STREAMS];
    bool reading;   /* a read is on its way */
    bool reads_log; /* the one on its way */
    bool restarted; /* since it was sent: its events are not wanted */
    bool refused;   /* told; until a read is not */
    bool freeing;
};

static void read_next(struct wsub_owner_feed *feed);

static void note_id(struct wsub_entry_id *id, const char *text)
{
    snprintf(id->text, sizeof(id->text), "%s", text);
}

static void give(struct wsub_owner_feed *feed, enum feed_stream stream,
                 const struct redisReply *entries)
{
    const struct wsub_owner_feed_options *o = &feed->o;

    for (size_t i = 0; i < entries->elements; i++) {
        const struct redisReply *one = entries->element[i];
        struct wsub_stream_entry entry = {
            .shard = o->shard,
            .stream = stream,
            .id = one->element[0]->str,
            .fields = one->element[1],
        };

        note_id(&feed->after[stream], entry.id);
        if (stream == FEED_LOG)
            o->on_event(&entry, o->arg);
        else if (stream == FEED_PINGS)
            o->on_announcement(&entry, o->arg);
    }
}

static enum feed_stream stream_of(const struct wsub_owner_feed *feed,
                                  const char *key)
{
    size_t prefix = strlen(wsub_store_prefix(feed->o.store, feed->o.shard));

    for (int i = 0; i < FEED_STREAMS; i++)
        if (strcmp(key + prefix, names[i]) == 0)
            return (enum feed_stream)i;
    wsub_panic("Redis replied with a stream that was not asked for: %s", key);
}

static void give_all(struct wsub_owner_feed *feed,
                     const struct redisReply *reply)
{
    bool wakes = false;

    for (size_t i = 0; i < reply->elements; i++) {
        const struct redisReply *of = reply->element[i];
        enum feed_stream stream = stream_of(feed, of->element[0]->str);

        if (stream == FEED_LOG && feed->restarted)
            continue;
        wakes = wakes || stream == FEED_WAKE;
        give(feed, stream, of->element[1]);
    }
    feed->o.on_given(feed->o.arg);
    if (wakes)
        feed->o.on_wake(feed->o.arg);
}

static void on_read(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_owner_feed *feed = arg;

    wsub_cmd_done(&feed->read.cmd);
    feed->reading = false;
    if (feed->freeing || err == WSUB_ERR_UNAVAILABLE)
        return;
    if (err != WSUB_OK) {
        if (!feed->refused)
            wsub_log_warn("stream-read-refused",
                          WSUB_KU("shard", feed->o.shard),
                          WSUB_KV("error", reply->str));
        feed->refused = true;
        wsub_timer_start_ms(&feed->pause, PAUSE_MS);
        return;
    }
    feed->refused = false;
    if (reply->type == REDIS_REPLY_ARRAY)
        give_all(feed, reply);
    read_next(feed);
}

static void add_streams(const struct wsub_owner_feed *feed,
                        struct wsub_cmd *cmd, enum feed_stream first)
{
    wsub_cmd_str(cmd, "STREAMS");
    for (int i = (int)first; i < FEED_STREAMS; i++)
        wsub_store_key(cmd, feed->o.store, feed->o.shard, names[i], NULL);
    for (int i = (int)first; i < FEED_STREAMS; i++)
        wsub_cmd_str(cmd, feed->after[i].text);
}

static void read_next(struct wsub_owner_feed *feed)
{
    struct wsub_cmd *cmd = &feed->read.cmd;
    size_t capacity = feed->o.capacity(feed->o.arg);

    if (feed->reading)
        return;
    if (!wsub_reader_link_ready(&feed->link)) {
        wsub_timer_start_ms(&feed->pause, PAUSE_MS);
        return;
    }
    wsub_cmd_init(cmd, "XREAD");
    wsub_cmd_str(cmd, "COUNT");
    wsub_cmd_u64(cmd,
                 capacity > 0 && capacity < READ_MAX ? capacity : READ_MAX);
    wsub_cmd_str(cmd, "BLOCK");
    wsub_cmd_u64(cmd, BLOCK_MS);
    add_streams(feed, cmd, capacity > 0 ? FEED_LOG : FEED_PINGS);
    feed->reads_log = capacity > 0;
    feed->restarted = false;
    feed->reading =
        wsub_reader_link_send(&feed->link, &feed->read, on_read, feed);
}

static void on_pause(void *arg)
{
    read_next(arg);
}

static void on_link_up(void *arg)
{
    struct wsub_owner_feed *feed = arg;

    feed->o.on_wake(feed->o.arg);
    read_next(feed);
}

struct wsub_owner_feed *
wsub_owner_feed_new(const struct wsub_owner_feed_options *options,
                    const char *position)
{
    struct wsub_owner_feed *feed = wsub_calloc(1, sizeof(*feed));

    feed->o = *options;
    for (int i = 0; i < FEED_STREAMS; i++)
        note_id(&feed->after[i], i == FEED_LOG ? position : "0-0");
    wsub_timer_init(&feed->pause, feed->o.base, on_pause, feed);
    wsub_reader_link_open(&feed->link, feed->o.store, feed->o.shard, BLOCK_MS,
                          on_link_up, feed);
    return feed;
}

void wsub_owner_feed_free(struct wsub_owner_feed *feed)
{
    if (feed == NULL)
        return;
    feed->freeing = true;
    wsub_reader_link_close(&feed->link);
    wsub_timer_done(&feed->pause);
    free(feed);
}

void wsub_owner_feed_kick(struct wsub_owner_feed *feed)
{
    if (!feed->reading)
        read_next(feed);
    else if (!feed->reads_log && feed->o.capacity(feed->o.arg) > 0)
        wsub_reader_link_unblock(&feed->link);
}

void wsub_owner_feed_restart(struct wsub_owner_feed *feed, const char *position)
{
    note_id(&feed->after[FEED_LOG], position);
    feed->restarted = true;
    if (feed->reading)
        wsub_reader_link_unblock(&feed->link);
}
