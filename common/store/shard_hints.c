#include "common/store/shard_hints.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

struct looking {
    unsigned shards;
    wsub_shard_hints_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static void on_written(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    (void)err; /* a hint */
    (void)reply;
    (void)cb;
    (void)arg;
}

static void begin(struct wsub_cmd *cmd, const struct wsub_store *store,
                  const char *command)
{
    wsub_cmd_init(cmd, command);
    wsub_store_key(cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_SHARDS, NULL);
}

static void send(struct wsub_store *store, struct wsub_cmd *cmd)
{
    wsub_store_once(store, WSUB_SHARD_CLUSTER, cmd, on_written, NULL, NULL);
}

void wsub_shard_hint_set(struct wsub_store *store,
                         const struct wsub_owned *owned,
                         const struct wsub_instance_ref *owner)
{
    struct wsub_cmd cmd;
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "%s %" PRIu64 " %" PRIu64, owner->name,
                    owner->incarnation, owned->epoch);
    begin(&cmd, store, "HSET");
    wsub_cmd_u64(&cmd, owned->shard);
    wsub_cmd_arg(&cmd, text.data, text.len);
    wsub_buf_done(&text);
    send(store, &cmd);
}

void wsub_shard_hint_drop(struct wsub_store *store, unsigned shard)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, "HDEL");
    wsub_cmd_u64(&cmd, shard);
    send(store, &cmd);
}

static void parse_hints(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct looking *looking = arg;
    bool *owned = NULL;

    (void)cb;
    if (err == WSUB_OK) {
        owned = wsub_calloc(looking->shards, sizeof(*owned));
        for (size_t i = 0; i < reply->elements; i++) {
            unsigned long shard = strtoul(reply->element[i]->str, NULL, 10);

            if (shard < looking->shards)
                owned[shard] = true;
        }
    }
    looking->cb(err, owned, looking->arg);
    free(owned);
    free(looking);
}

void wsub_shard_hints(struct wsub_store *store, wsub_shard_hints_cb *cb,
                      void *arg)
{
    struct looking *looking = wsub_calloc(1, sizeof(*looking));
    struct wsub_cmd cmd;

    *looking = (struct looking){wsub_store_shards(store), cb, arg};
    begin(&cmd, store, "HKEYS");
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_hints, NULL,
                    looking);
}
