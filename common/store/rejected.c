#include "common/store/rejected.h"

#include "common/store/store.h"

static void parse_moved(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    (void)err; /* a call is repeated until there is none */
    ((wsub_reject_cb *)cb)(reply->integer != 0, arg);
}

void wsub_reject(struct wsub_store *store, const struct wsub_rejected *rejected,
                 wsub_reject_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, rejected->shard, WSUB_SCRIPT_REJECT);
    wsub_cmd_str(&cmd, rejected->stream);
    wsub_cmd_str(&cmd, rejected->entry);
    wsub_cmd_str(&cmd, rejected->why);
    wsub_store_call(store, rejected->shard, &cmd, parse_moved,
                    (wsub_store_cb *)cb, arg);
}
