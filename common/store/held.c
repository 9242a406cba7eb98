#include "common/store/held.h"

#include <string.h>

#include "common/base/config.h"
#include "common/store/store.h"

static void parse_held(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_hold_cb *on_held = (wsub_hold_cb *)cb;
    enum wsub_held held = WSUB_HELD_NOT;

    if (err != WSUB_OK) {
        on_held(err, held, NULL, arg);
        return;
    }
    if (strcmp(reply->element[0]->str, "held") == 0)
        held = WSUB_HELD;
    else if (strcmp(reply->element[0]->str, "dead") == 0)
        held = WSUB_HELD_DEAD;
    on_held(err, held, reply->element[2]->str, arg);
}

void wsub_hold(struct wsub_store *store, const struct wsub_hold *hold,
               wsub_hold_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    if (hold->owned != NULL) {
        wsub_owner_script(&cmd, store, hold->owned, WSUB_SCRIPT_HOLD);
    } else {
        wsub_store_script(&cmd, store, hold->shard, WSUB_SCRIPT_HOLD);
        wsub_cmd_str(&cmd, "-");
    }
    wsub_cmd_str(&cmd, hold->stream);
    wsub_cmd_str(&cmd, hold->entry);
    wsub_cmd_str(&cmd, hold->why);
    wsub_cmd_u64(&cmd, wsub_store_config(store)->undecodable_max_tries);
    if (hold->position != NULL)
        wsub_cmd_str(&cmd, hold->position);
    wsub_store_call(store, hold->shard, &cmd, parse_held, (wsub_store_cb *)cb,
                    arg);
}
