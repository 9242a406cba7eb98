#include "common/store/leader.h"

#include <stdlib.h>

#include "common/store/store.h"

static void parse_leader(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_leader_cb *on_leader = (wsub_leader_cb *)cb;
    struct wsub_leader leader;

    if (err != WSUB_OK || reply->type != REDIS_REPLY_ARRAY) {
        on_leader(err, NULL, arg);
        return;
    }
    leader = (struct wsub_leader){
        .instance = reply->element[0]->str,
        .incarnation = strtoull(reply->element[1]->str, NULL, 10),
        .epoch = strtoull(reply->element[2]->str, NULL, 10),
        .lease_ms = strtoull(reply->element[3]->str, NULL, 10),
    };
    on_leader(WSUB_OK, &leader, arg);
}

void wsub_leader_look(struct wsub_store *store, wsub_leader_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_LEADER);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_leader,
                    (wsub_store_cb *)cb, arg);
}
