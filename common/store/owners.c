#include "common/store/owners.h"

#include <stdlib.h>

#include "common/store/store.h"

static void parse_claimed(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct wsub_claimed claimed = {.err = err};

    if (err == WSUB_OK && reply->element[0]->integer == 1) {
        claimed.epoch = strtoull(reply->element[1]->str, NULL, 10);
    } else if (err == WSUB_OK) {
        claimed.err = WSUB_ERR_FULL;
        claimed.left_ms = strtoull(reply->element[1]->str, NULL, 10);
        claimed.owner = reply->element[2]->str;
    }
    ((wsub_claimed_cb *)cb)(&claimed, arg);
}

static void parse_epoch(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    uint64_t epoch = err == WSUB_OK ? strtoull(reply->str, NULL, 10) : 0;

    if (err == WSUB_OK && epoch == 0)
        err = WSUB_ERR_FENCED;
    ((wsub_owner_cb *)cb)(err, epoch, arg);
}

void wsub_owner_claim(struct wsub_store *store, unsigned shard,
                      const struct wsub_instance_ref *me, uint32_t lease_ms,
                      wsub_claimed_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_CLAIM);
    wsub_cmd_str(&cmd, me->name);
    wsub_cmd_u64(&cmd, me->incarnation);
    wsub_cmd_u64(&cmd, lease_ms);
    wsub_store_once(store, shard, &cmd, parse_claimed, (wsub_store_cb *)cb,
                    arg);
}

void wsub_owner_extend(struct wsub_store *store, unsigned shard, uint64_t epoch,
                       uint32_t lease_ms, wsub_owner_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_EXTEND);
    wsub_cmd_u64(&cmd, epoch);
    wsub_cmd_u64(&cmd, lease_ms);
    wsub_store_once(store, shard, &cmd, parse_epoch, (wsub_store_cb *)cb, arg);
}

void wsub_owner_release(struct wsub_store *store, unsigned shard,
                        uint64_t epoch, wsub_owner_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_RELEASE);
    wsub_cmd_u64(&cmd, epoch);
    wsub_store_once(store, shard, &cmd, parse_epoch, (wsub_store_cb *)cb, arg);
}

void wsub_owner_free(struct wsub_store *store, unsigned shard,
                     const struct wsub_instance_ref *dead, wsub_owner_cb *cb,
                     void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_FREE);
    wsub_cmd_str(&cmd, dead->name);
    wsub_cmd_u64(&cmd, dead->incarnation);
    wsub_store_once(store, shard, &cmd, parse_epoch, (wsub_store_cb *)cb, arg);
}

void wsub_owner_script(struct wsub_cmd *cmd, const struct wsub_store *store,
                       const struct wsub_owned *owned, enum wsub_script_id id)
{
    wsub_store_script(cmd, store, owned->shard, id);
    wsub_cmd_u64(cmd, owned->epoch);
}
