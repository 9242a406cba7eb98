#include "common/store/suspended.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

static void write_count(struct wsub_cmd *cmd, const struct wsub_store *store,
                        unsigned shard)
{
    wsub_cmd_init(cmd, "ZCARD");
    wsub_store_key(cmd, store, shard, WSUB_KEY_SUSPENDED, NULL);
}

void wsub_suspended_count(struct wsub_store *store, wsub_shard_sum_cb *cb,
                          void *arg)
{
    wsub_shard_sum(store, write_count, cb, arg);
}

/* The reply is name, score, name, score ... */
static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_suspended_list_cb *on_list = (wsub_suspended_list_cb *)cb;
    struct wsub_suspended *list = NULL;
    size_t count;

    if (err != WSUB_OK) {
        on_list(err, NULL, 0, arg);
        return;
    }
    count = reply->elements / 2;
    list = wsub_calloc(count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        list[i].name = reply->element[2 * i]->str;
        list[i].since_ms = strtoull(reply->element[2 * i + 1]->str, NULL, 10);
    }
    on_list(WSUB_OK, list, count, arg);
    free(list);
}

void wsub_suspended_list(struct wsub_store *store, unsigned shard,
                         uint64_t since_ms, uint64_t skip, size_t limit,
                         wsub_suspended_list_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "ZRANGEBYSCORE");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_SUSPENDED, NULL);
    wsub_cmd_u64(&cmd, since_ms);
    wsub_cmd_str(&cmd, "+inf");
    wsub_cmd_str(&cmd, "WITHSCORES");
    wsub_cmd_str(&cmd, "LIMIT");
    wsub_cmd_u64(&cmd, skip < INT64_MAX ? skip : INT64_MAX);
    wsub_cmd_u64(&cmd, limit);
    wsub_store_once(store, shard, &cmd, parse_list, (wsub_store_cb *)cb, arg);
}
