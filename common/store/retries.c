#include "common/store/retries.h"

#include "common/base/config.h"
#include "common/store/store.h"

static void parse_promoted(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    struct wsub_promoted promoted = {.err = err};

    if (err == WSUB_OK) {
        long long next = reply->element[1]->integer;

        promoted.moved = (uint64_t)reply->element[0]->integer;
        promoted.later = next >= 0;
        promoted.next_ms = next > 0 ? (uint64_t)next : 0;
    }
    ((wsub_promoted_cb *)cb)(&promoted, arg);
}

void wsub_retries_promote(struct wsub_store *store,
                          const struct wsub_owned *owned, uint32_t most,
                          wsub_promoted_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_PROMOTE);
    wsub_cmd_u64(&cmd, most);
    wsub_cmd_u64(&cmd, wsub_store_config(store)->undecodable_max_tries);
    wsub_store_once(store, owned->shard, &cmd, parse_promoted,
                    (wsub_store_cb *)cb, arg);
}
