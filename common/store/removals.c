#include "common/store/removals.h"

#include <stdlib.h>

#include "common/store/store.h"

static void parse_buried(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    uint64_t incarnation = err == WSUB_OK ? strtoull(reply->str, NULL, 10) : 0;

    ((wsub_incarnation_cb *)cb)(err, incarnation, arg);
}

static void add_victim(struct wsub_cmd *cmd, const struct wsub_victim *victim)
{
    wsub_cmd_str(cmd, victim->ref.name);
    wsub_cmd_str(cmd, victim->role);
    wsub_cmd_u64(cmd, victim->ref.incarnation);
}

void wsub_removal_bury(struct wsub_store *store,
                       const struct wsub_burial *burial,
                       wsub_incarnation_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_BURY);
    add_victim(&cmd, burial->victim);
    wsub_cmd_str(&cmd, burial->me.name);
    wsub_cmd_u64(&cmd, burial->me.incarnation);
    wsub_cmd_u64(&cmd, burial->timeout_ms);
    wsub_cmd_u64(&cmd, burial->lock_ms);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_buried,
                    (wsub_store_cb *)cb, arg);
}

static void parse_handed_over(enum wsub_err err, const struct redisReply *reply,
                              wsub_store_cb *cb, void *arg)
{
    uint64_t entries = 0, left = 0;

    if (err == WSUB_OK) {
        entries = (uint64_t)reply->element[0]->integer;
        left = (uint64_t)reply->element[1]->integer;
    }
    ((wsub_handed_over_cb *)cb)(err, entries, left, arg);
}

void wsub_removal_hand_over(struct wsub_store *store, unsigned shard,
                            const struct wsub_instance_ref *dead, uint32_t most,
                            wsub_handed_over_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_HAND_OVER);
    wsub_cmd_str(&cmd, dead->name);
    wsub_cmd_u64(&cmd, dead->incarnation);
    wsub_cmd_u64(&cmd, most);
    wsub_store_once(store, shard, &cmd, parse_handed_over, (wsub_store_cb *)cb,
                    arg);
}

static void parse_finished(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_NOT_FOUND;
    ((wsub_instance_cb *)cb)(err, arg);
}

void wsub_removal_finish(struct wsub_store *store,
                         const struct wsub_victim *victim, wsub_instance_cb *cb,
                         void *arg)
{
    const struct wsub_config *config = wsub_store_config(store);
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_BURIED);
    wsub_cmd_str(&cmd, config->cluster_events_topic);
    wsub_cmd_u64(&cmd, config->cluster_events_kept);
    add_victim(&cmd, victim);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_finished,
                    (wsub_store_cb *)cb, arg);
}
