#include "common/store/rejected.h"

#include "common/store/store.h"

static void parse_moved(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK)
        ((wsub_reject_cb *)cb)(err, reply->element[0]->integer != 0,
                               reply->element[1]->str, arg);
    else
        ((wsub_reject_cb *)cb)(err, false, NULL, arg);
}

void wsub_reject(struct wsub_store *store, const struct wsub_rejected *rejected,
                 wsub_reject_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, rejected->owned, WSUB_SCRIPT_REJECT);
    wsub_cmd_str(&cmd, rejected->stream);
    wsub_cmd_str(&cmd, rejected->entry);
    wsub_cmd_str(&cmd, rejected->why);
    if (rejected->position != NULL)
        wsub_cmd_str(&cmd, rejected->position);
    wsub_store_call(store, rejected->owned->shard, &cmd, parse_moved,
                    (wsub_store_cb *)cb, arg);
}
