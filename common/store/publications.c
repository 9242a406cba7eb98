#include "common/store/publications.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/topic.h"

#define FORMAT "1"        /* of the entries */
#define KEY_LASTS_S 86400 /* a publisher that comes back later has lost it */

/* A push on its way: the reply does not tell the shard. */
struct pushing {
    unsigned shard;
    wsub_pushed_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static void parse_event(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct pushing *pushing = arg;
    struct wsub_pushed pushed = {0};

    (void)cb;
    if (err == WSUB_OK && reply->type == REDIS_REPLY_ARRAY) {
        pushed.event = wsub_place_of(pushing->shard, reply->element[0]->str);
        pushed.is_known = reply->element[1]->integer != 0;
    } else if (err == WSUB_OK) {
        pushed.event = wsub_place_of(pushing->shard, reply->str);
    }
    pushing->cb(err, err == WSUB_OK ? &pushed : NULL, pushing->arg);
    free(pushing);
}

/* Begins to append the event whatever was pushed before. */
static void begin_plain(struct wsub_cmd *cmd, const struct wsub_store *store,
                        const struct wsub_push *push)
{
    wsub_cmd_init(cmd, "XADD");
    wsub_store_key(cmd, store, push->shard, WSUB_KEY_LOG, NULL);
    wsub_cmd_str(cmd, "*");
}

/* Begins to append it unless its topic had the key before. */
static void begin_once(struct wsub_cmd *cmd, const struct wsub_store *store,
                       const struct wsub_push *push)
{
    char digest[WSUB_DIGEST_LEN + 1];
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "%s\n%s", push->topic, push->key);
    wsub_digest(text.data, text.len, digest);
    wsub_buf_done(&text);
    wsub_store_script(cmd, store, push->shard, WSUB_SCRIPT_PUSH);
    wsub_cmd_str(cmd, digest);
    wsub_cmd_u64(cmd, KEY_LASTS_S);
}

static void add_field(struct wsub_cmd *cmd, const char *name, const void *value,
                      size_t len)
{
    wsub_cmd_str(cmd, name);
    wsub_cmd_arg(cmd, value, len);
}

void wsub_publications_push(struct wsub_store *store,
                            const struct wsub_push *push, wsub_pushed_cb *cb,
                            void *arg)
{
    struct pushing *pushing = wsub_calloc(1, sizeof(*pushing));
    struct wsub_cmd cmd;

    *pushing = (struct pushing){.shard = push->shard, .cb = cb, .arg = arg};
    if (push->key != NULL)
        begin_once(&cmd, store, push);
    else
        begin_plain(&cmd, store, push);
    add_field(&cmd, "v", FORMAT, strlen(FORMAT));
    add_field(&cmd, "t", push->topic, strlen(push->topic));
    add_field(&cmd, "ct", push->content_type, strlen(push->content_type));
    if (push->content_coding != NULL)
        add_field(&cmd, "ce", push->content_coding,
                  strlen(push->content_coding));
    if (push->traceparent != NULL)
        add_field(&cmd, "tp", push->traceparent, strlen(push->traceparent));
    if (push->tracestate != NULL)
        add_field(&cmd, "ts", push->tracestate, strlen(push->tracestate));
    add_field(&cmd, "b", push->body, push->body_bytes);
    wsub_store_once(store, push->shard, &cmd, parse_event, NULL, pushing);
}

static void parse_announced(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_FULL;
    ((wsub_announced_cb *)cb)(err, arg);
}

void wsub_publications_announce(struct wsub_store *store, unsigned shard,
                                const char *const topics[], size_t count,
                                wsub_announced_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_ANNOUNCE);
    wsub_cmd_u64(&cmd, wsub_store_config(store)->max_announced_per_host);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_str(&cmd, topics[i]);
        wsub_cmd_str(&cmd, wsub_topic_ref(store, topics[i]).digest);
    }
    wsub_store_once(store, shard, &cmd, parse_announced, (wsub_store_cb *)cb,
                    arg);
}
