#include "common/store/ended_groups.h"

#include "common/store/keys.h"
#include "common/store/store.h"

static void parse_found(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    bool is_ended = err == WSUB_OK;

    for (size_t i = 0; is_ended && i < reply->elements; i++)
        is_ended = reply->element[i]->str != NULL;
    ((wsub_ended_groups_cb *)cb)(err, is_ended, arg);
}

static void parse_noted(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    (void)reply;
    ((wsub_ended_groups_cb *)cb)(err, err == WSUB_OK, arg);
}

void wsub_ended_groups_find(struct wsub_store *store, unsigned shard,
                            const char *const *ids, size_t count,
                            wsub_ended_groups_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_ENDED_GROUPS, NULL);
    for (size_t i = 0; i < count; i++)
        wsub_cmd_str(&cmd, ids[i]);
    wsub_store_once(store, shard, &cmd, parse_found, (wsub_store_cb *)cb, arg);
}

void wsub_ended_groups_note(struct wsub_store *store, unsigned shard,
                            const char *const *ids, size_t count,
                            wsub_ended_groups_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HSET");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_ENDED_GROUPS, NULL);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_str(&cmd, ids[i]);
        wsub_cmd_str(&cmd, "1");
    }
    wsub_store_once(store, shard, &cmd, parse_noted, (wsub_store_cb *)cb, arg);
}
