#include "common/store/pull/ttl.h"

#include "common/store/store.h"

static void parse_expired(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_pull_expire_cb *on_expired = (wsub_pull_expire_cb *)cb;
    struct wsub_pull_expired expired;

    if (err != WSUB_OK) {
        on_expired(err, NULL, arg);
        return;
    }
    expired.ended = (uint64_t)reply->element[0]->integer;
    expired.left = (uint64_t)reply->element[1]->integer;
    expired.next_ms = reply->element[2]->integer < 0
                          ? UINT64_MAX
                          : (uint64_t)reply->element[2]->integer;
    on_expired(WSUB_OK, &expired, arg);
}

void wsub_pull_expire(struct wsub_store *store, const struct wsub_owned *owned,
                      uint32_t most, wsub_pull_expire_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_PULL_EXPIRE);
    wsub_cmd_u64(&cmd, most);
    wsub_store_once(store, owned->shard, &cmd, parse_expired,
                    (wsub_store_cb *)cb, arg);
}
