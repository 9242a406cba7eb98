#include "common/store/stream_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/entry_id.h"
#include "common/store/reader_link.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "common/store/streams.h"

#define BLOCK_MS 5000
#define READ_MAX 16 /* entries of `log` hold whole bodies, 1 MiB or more */
#define FIRST 0

struct wsub_stream_feed {
    struct wsub_stream_feed_options o;
    struct wsub_reader_link link;
    struct wsub_redis_request read; /* its command owned */
    struct wsub_timer pause;
    struct wsub_entry_id after[WSUB_FEED_STREAMS_MAX];
    uint32_t pause_ms; /* the last one; 0 once Redis has not refused */
    bool reading;      /* a read is on its way */
    bool reads_first;  /* the one on its way */
    bool restarted;    /* since it was sent: its first stream is not wanted */
    bool freeing;
};

static void read_next(struct wsub_stream_feed *feed);

static void pause_read(struct wsub_stream_feed *feed)
{
    feed->pause_ms = wsub_streams_pause_ms(feed->pause_ms);
    wsub_timer_start_ms(&feed->pause, feed->pause_ms);
}

static void note_id(struct wsub_entry_id *id, const char *text)
{
    snprintf(id->text, sizeof(id->text), "%s", text);
}

static void give(struct wsub_stream_feed *feed, unsigned stream,
                 const struct redisReply *entries)
{
    for (size_t i = 0; i < entries->elements; i++) {
        const struct redisReply *one = entries->element[i];
        struct wsub_stream_entry entry = {
            .shard = feed->o.shard,
            .stream = stream,
            .id = one->element[0]->str,
            .fields = one->element[1],
        };

        note_id(&feed->after[stream], entry.id);
        feed->o.on_entry(&entry, feed->o.arg);
    }
}

static unsigned stream_of(const struct wsub_stream_feed *feed, const char *key)
{
    size_t prefix = strlen(wsub_store_prefix(feed->o.store, feed->o.shard));

    for (unsigned i = 0; i < feed->o.count; i++)
        if (strcmp(key + prefix, feed->o.names[i]) == 0)
            return i;
    wsub_panic("Redis replied with a stream that was not asked for: %s", key);
}

static void give_all(struct wsub_stream_feed *feed,
                     const struct redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        const struct redisReply *of = reply->element[i];
        unsigned stream = stream_of(feed, of->element[0]->str);

        if (stream != FIRST || !feed->restarted)
            give(feed, stream, of->element[1]);
    }
    feed->o.on_given(feed->o.arg);
}

static void on_lost(struct wsub_stream_feed *feed)
{
    if (!feed->freeing && feed->o.on_down != NULL)
        feed->o.on_down(feed->o.arg);
}

static void on_refused(struct wsub_stream_feed *feed, const char *why)
{
    wsub_log_warn("stream-read-refused", WSUB_KU("shard", feed->o.shard),
                  WSUB_KE("error", why));
    wsub_streams_mend(feed->o.store, feed->o.shard, feed->o.names,
                      feed->o.count);
    pause_read(feed);
}

static void on_read(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_stream_feed *feed = arg;

    wsub_cmd_done(&feed->read.cmd);
    feed->reading = false;
    if (err == WSUB_ERR_UNAVAILABLE || feed->freeing) {
        on_lost(feed);
        return;
    }
    if (err != WSUB_OK) {
        on_refused(feed, reply->str);
        return;
    }
    feed->pause_ms = 0;
    if (reply->type == REDIS_REPLY_ARRAY)
        give_all(feed, reply);
    else if (feed->o.on_nothing != NULL)
        feed->o.on_nothing(feed->o.arg);
    read_next(feed);
}

static void add_streams(const struct wsub_stream_feed *feed,
                        struct wsub_cmd *cmd, unsigned first)
{
    wsub_cmd_str(cmd, "STREAMS");
    for (unsigned i = first; i < feed->o.count; i++)
        wsub_store_key(cmd, feed->o.store, feed->o.shard, feed->o.names[i],
                       NULL);
    for (unsigned i = first; i < feed->o.count; i++)
        wsub_cmd_str(cmd, feed->after[i].text);
}

static void send_read(struct wsub_stream_feed *feed, size_t capacity)
{
    struct wsub_cmd *cmd = &feed->read.cmd;

    wsub_cmd_init(cmd, "XREAD");
    wsub_cmd_str(cmd, "COUNT");
    wsub_cmd_u64(cmd,
                 capacity > 0 && capacity < READ_MAX ? capacity : READ_MAX);
    wsub_cmd_str(cmd, "BLOCK");
    wsub_cmd_u64(cmd, BLOCK_MS);
    add_streams(feed, cmd, capacity > 0 ? FIRST : FIRST + 1);
    feed->reads_first = capacity > 0;
    feed->restarted = false;
    feed->reading =
        wsub_reader_link_send(&feed->link, &feed->read, on_read, feed);
}

static void read_next(struct wsub_stream_feed *feed)
{
    size_t capacity;

    if (feed->reading)
        return;
    if (!wsub_reader_link_ready(&feed->link)) {
        pause_read(feed);
        return;
    }
    capacity = feed->o.capacity(feed->o.arg);
    if (capacity > 0 || feed->o.count > FIRST + 1)
        send_read(feed, capacity);
}

static void on_pause(void *arg)
{
    read_next(arg);
}

static void on_link_up(void *arg)
{
    struct wsub_stream_feed *feed = arg;

    feed->o.on_up(feed->o.arg);
    read_next(feed);
}

struct wsub_stream_feed *
wsub_stream_feed_new(const struct wsub_stream_feed_options *options,
                     const char *position)
{
    struct wsub_stream_feed *feed = wsub_calloc(1, sizeof(*feed));

    feed->o = *options;
    for (unsigned i = 0; i < options->count; i++)
        note_id(&feed->after[i], i == FIRST ? position : "0-0");
    wsub_timer_init(&feed->pause, feed->o.base, on_pause, feed);
    wsub_reader_link_open(&feed->link, feed->o.store, feed->o.shard, BLOCK_MS,
                          on_link_up, feed);
    return feed;
}

void wsub_stream_feed_free(struct wsub_stream_feed *feed)
{
    if (feed == NULL)
        return;
    feed->freeing = true;
    wsub_reader_link_close(&feed->link);
    wsub_timer_done(&feed->pause);
    free(feed);
}

void wsub_stream_feed_kick(struct wsub_stream_feed *feed)
{
    if (!feed->reading)
        read_next(feed);
    else if (!feed->reads_first && feed->o.capacity(feed->o.arg) > 0)
        wsub_reader_link_unblock(&feed->link);
}

void wsub_stream_feed_restart(struct wsub_stream_feed *feed,
                              const char *position)
{
    note_id(&feed->after[FIRST], position);
    feed->restarted = true;
    if (feed->reading)
        wsub_reader_link_unblock(&feed->link);
}

const char *wsub_stream_feed_position(const struct wsub_stream_feed *feed)
{
    return feed->after[FIRST].text;
}

bool wsub_stream_feed_is_up(const struct wsub_stream_feed *feed)
{
    return wsub_reader_link_ready(&feed->link);
}
