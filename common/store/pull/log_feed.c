#include "common/store/pull/log_feed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/store/keys.h"
#include "common/store/pull/tail.h"
#include "common/store/stream_feed.h"
#include "common/store/stream_reader.h"

static const char *const names[] = {WSUB_KEY_LOG};

/* A look at where the log ends is on its way.  The feed may be freed before its
 * reply has come. */
struct look {
    struct wsub_pull_log_feed *feed; /* borrowed; NULL: it was freed */
    struct wsub_place position;      /* of the feed when it was sent */
};

struct wsub_pull_log_feed {
    struct wsub_pull_log_feed_options o;
    struct wsub_stream_feed *streams; /* owned */
    struct look *look;                /* borrowed; NULL: none is on its way */
};

static struct wsub_place position_of(const struct wsub_pull_log_feed *feed)
{
    return wsub_place_of(feed->o.shard,
                         wsub_stream_feed_position(feed->streams));
}

static bool is_before(const struct wsub_place *a, const struct wsub_place *b)
{
    return wsub_place_newest_first(a, b) > 0;
}

/* The feed may have read on since: so the position of when the look was sent
 * counts, which the log had passed by then. */
static void on_tail(enum wsub_err err, const struct wsub_pull_tail *tail,
                    void *arg)
{
    struct look *look = arg;
    struct wsub_pull_log_feed *feed = look->feed;

    if (feed != NULL)
        feed->look = NULL;
    if (feed != NULL && err == WSUB_OK &&
        is_before(&tail->last, &look->position))
        wsub_stream_feed_restart(feed->streams, "0-0");
    free(look);
}

static void send_look(void *arg)
{
    struct wsub_pull_log_feed *feed = arg;
    struct look *look;

    if (feed->look != NULL)
        return;
    look = wsub_calloc(1, sizeof(*look));
    *look = (struct look){feed, position_of(feed)};
    feed->look = look;
    wsub_pull_tail(feed->o.store, feed->o.shard, on_tail, look);
}

/* False when it is none that could be given to anybody. */
static bool read_event(const struct wsub_stream_entry *entry,
                       struct wsub_pull_event *event)
{
    const struct redisReply *fields = entry->fields;
    const char *version = wsub_stream_field(fields, "v", NULL);

    *event = (struct wsub_pull_event){
        .place = wsub_place_of(entry->shard, entry->id),
        .topic = wsub_stream_field(fields, "t", NULL),
        .content_type = wsub_stream_field(fields, "ct", NULL),
        .content_coding = wsub_stream_field(fields, "ce", NULL),
    };
    event->body = wsub_stream_field(fields, "b", &event->body_bytes);
    return version != NULL && strcmp(version, "1") == 0 &&
           event->topic != NULL && event->topic[0] != '\0' &&
           strlen(event->topic) <= WSUB_URL_MAX_BYTES &&
           event->content_type != NULL && event->body != NULL;
}

static size_t capacity(void *arg)
{
    struct wsub_pull_log_feed *feed = arg;

    return feed->o.capacity(feed->o.arg) ? SIZE_MAX : 0;
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    struct wsub_pull_log_feed *feed = arg;
    struct wsub_pull_event event;

    if (read_event(entry, &event))
        feed->o.on_event(&event, feed->o.arg);
}

static void on_given(void *arg)
{
    struct wsub_pull_log_feed *feed = arg;

    feed->o.on_given(feed->o.arg);
}

static void on_up(void *arg)
{
    struct wsub_pull_log_feed *feed = arg;

    send_look(feed);
    if (feed->o.on_up != NULL)
        feed->o.on_up(feed->o.arg);
}

static void on_down(void *arg)
{
    struct wsub_pull_log_feed *feed = arg;

    if (feed->o.on_down != NULL)
        feed->o.on_down(feed->o.arg);
}

struct wsub_pull_log_feed *
wsub_pull_log_feed_new(const struct wsub_pull_log_feed_options *options,
                       const struct wsub_place *position)
{
    struct wsub_pull_log_feed *feed = wsub_calloc(1, sizeof(*feed));
    char id[WSUB_PLACE_BYTES];

    feed->o = *options;
    wsub_place_id(position, id);
    feed->streams = wsub_stream_feed_new(
        &(struct wsub_stream_feed_options){
            .base = options->base,
            .store = options->store,
            .shard = options->shard,
            .names = names,
            .count = 1,
            .capacity = capacity,
            .on_entry = on_entry,
            .on_given = on_given,
            .on_nothing = send_look,
            .on_up = on_up,
            .on_down = on_down,
            .arg = feed,
        },
        id);
    return feed;
}

void wsub_pull_log_feed_free(struct wsub_pull_log_feed *feed)
{
    if (feed == NULL)
        return;
    if (feed->look != NULL)
        feed->look->feed = NULL;
    wsub_stream_feed_free(feed->streams);
    free(feed);
}

void wsub_pull_log_feed_kick(struct wsub_pull_log_feed *feed)
{
    wsub_stream_feed_kick(feed->streams);
}

bool wsub_pull_log_feed_is_up(const struct wsub_pull_log_feed *feed)
{
    return wsub_stream_feed_is_up(feed->streams);
}
