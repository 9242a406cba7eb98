#include "common/store/sweeps.h"

#include "common/store/store.h"

static void parse_swept(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    wsub_sweep_cb *on_swept = (wsub_sweep_cb *)cb;
    struct wsub_swept swept;

    if (err != WSUB_OK) {
        on_swept(err, NULL, arg);
        return;
    }
    swept.leases = (uint64_t)reply->element[0]->integer;
    swept.events = (uint64_t)reply->element[1]->integer;
    swept.dead_letters = (uint64_t)reply->element[2]->integer;
    swept.more = reply->element[3]->integer != 0;
    swept.position = reply->element[4]->str;
    swept.lag = (uint64_t)reply->element[5]->integer;
    swept.lease_ms = reply->element[6]->integer < 0
                         ? UINT64_MAX
                         : (uint64_t)reply->element[6]->integer;
    swept.damaged = (uint64_t)reply->element[7]->integer;
    swept.damage_id = reply->element[8]->str;
    swept.damaged_key = reply->element[9]->str;
    swept.why = reply->element[10]->str;
    on_swept(WSUB_OK, &swept, arg);
}

void wsub_sweep(struct wsub_store *store, const struct wsub_sweep *sweep,
                wsub_sweep_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, sweep->owned, WSUB_SCRIPT_SWEEP);
    wsub_cmd_u64(&cmd, sweep->retention_ms);
    wsub_cmd_u64(&cmd, sweep->dead_letter_retention_ms);
    wsub_cmd_u64(&cmd, sweep->most);
    wsub_store_once(store, sweep->owned->shard, &cmd, parse_swept,
                    (wsub_store_cb *)cb, arg);
}

static void parse_pulled(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_pull_in_cb *on_pulled = (wsub_pull_in_cb *)cb;
    struct wsub_pulled_in pulled;

    if (err != WSUB_OK) {
        on_pulled(err, NULL, arg);
        return;
    }
    pulled.redis_ms = (uint64_t)reply->element[0]->integer;
    pulled.members = (uint64_t)reply->element[1]->integer;
    on_pulled(WSUB_OK, &pulled, arg);
}

void wsub_pull_in(struct wsub_store *store, const struct wsub_pull_in *pull_in,
                  wsub_pull_in_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, pull_in->shard, WSUB_SCRIPT_PULL_IN);
    wsub_cmd_u64(&cmd, pull_in->longest_ms);
    wsub_cmd_u64(&cmd, pull_in->most);
    wsub_cmd_u64(&cmd, pull_in->longest_seen_ms);
    wsub_store_once(store, pull_in->shard, &cmd, parse_pulled,
                    (wsub_store_cb *)cb, arg);
}
