#include "common/store/contents.h"

#include <string.h>

#include "common/store/keys.h"
#include "common/store/stream_reader.h"

#define VERSION "1"

static void give(const struct redisReply *fields, wsub_store_cb *cb, void *arg)
{
    wsub_event_cb *on_event = (wsub_event_cb *)cb;
    const char *version = wsub_stream_field(fields, "v", NULL);
    struct wsub_event event = {
        .topic = wsub_stream_field(fields, "t", NULL),
        .type = wsub_stream_field(fields, "ct", NULL),
        .coding = wsub_stream_field(fields, "ce", NULL),
        .self = wsub_stream_field(fields, "self", NULL),
        .traceparent = wsub_stream_field(fields, "tp", NULL),
        .tracestate = wsub_stream_field(fields, "ts", NULL),
    };

    event.body = wsub_stream_field(fields, "b", &event.body_len);
    if (event.self == NULL)
        event.self = event.topic;
    if (version == NULL || strcmp(version, VERSION) != 0 ||
        event.topic == NULL || event.type == NULL || event.body == NULL)
        on_event(WSUB_EVENT_MALFORMED, NULL, arg);
    else
        on_event(WSUB_EVENT_FOUND, &event, arg);
}

static void parse_kept(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    (void)err;
    if (reply->elements == 0)
        ((wsub_event_cb *)cb)(WSUB_EVENT_ABSENT, NULL, arg);
    else
        give(reply, cb, arg);
}

static void parse_logged(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    (void)err;
    if (reply->elements == 0)
        ((wsub_event_cb *)cb)(WSUB_EVENT_ABSENT, NULL, arg);
    else
        give(reply->element[0]->element[1], cb, arg);
}

void wsub_contents_logged(struct wsub_store *store, unsigned shard,
                          const char *id, wsub_event_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XRANGE");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_LOG, NULL);
    wsub_cmd_str(&cmd, id);
    wsub_cmd_str(&cmd, id);
    wsub_store_call(store, shard, &cmd, parse_logged, (wsub_store_cb *)cb, arg);
}

void wsub_contents_kept(struct wsub_store *store, unsigned shard,
                        const char *id, wsub_event_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGETALL");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_KEPT, id);
    wsub_store_call(store, shard, &cmd, parse_kept, (wsub_store_cb *)cb, arg);
}
