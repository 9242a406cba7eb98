#include "common/store/health/repairs.h"

#include <string.h>

#include "common/store/health/looks.h"
#include "common/store/store.h"

static void parse_repaired(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    enum wsub_health_result result = WSUB_HEALTH_LEFT;

    if (err == WSUB_OK && strcmp(reply->str, "well") == 0)
        result = WSUB_HEALTH_WELL;
    else if (err == WSUB_OK && strcmp(reply->str, "mended") == 0)
        result = WSUB_HEALTH_MENDED;
    ((wsub_health_repair_cb *)cb)(err, result, arg);
}

void wsub_health_repair(struct wsub_store *store,
                        const struct wsub_health_issue *issue, bool mend,
                        wsub_health_repair_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, issue->shard, WSUB_SCRIPT_HEALTH_REPAIR);
    wsub_health_limits(&cmd, store, issue->shard);
    wsub_cmd_str(&cmd, issue->action);
    wsub_cmd_arg(&cmd, issue->key.data, issue->key.len);
    wsub_cmd_arg(&cmd, issue->member.data, issue->member.len);
    wsub_cmd_str(&cmd, mend ? "mend" : "look");
    wsub_store_once(store, issue->shard, &cmd, parse_repaired,
                    (wsub_store_cb *)cb, arg);
}

/* The next look says whether it is well. */
static void parse_done(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    (void)reply;
    ((wsub_health_repair_cb *)cb)(
        err, err == WSUB_OK ? WSUB_HEALTH_MENDED : WSUB_HEALTH_LEFT, arg);
}

void wsub_health_recount(struct wsub_store *store,
                         const struct wsub_health_issue *issue,
                         const struct wsub_health_cursor *cursor,
                         wsub_health_repair_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_health_count_cmd(&cmd, store, issue->shard, issue);
    if (cursor != NULL) {
        wsub_cmd_arg(&cmd, cursor->td.data, cursor->td.len);
        wsub_cmd_arg(&cmd, cursor->cd.data, cursor->cd.len);
        wsub_cmd_arg(&cmd, cursor->number.data, cursor->number.len);
    }
    wsub_store_once(store, issue->shard, &cmd, parse_done, (wsub_store_cb *)cb,
                    arg);
}

void wsub_health_drop_consumer(struct wsub_store *store,
                               const struct wsub_health_issue *issue,
                               wsub_health_repair_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, issue->shard, WSUB_SCRIPT_HEALTH_SLOT);
    wsub_cmd_arg(&cmd, issue->key.data, issue->key.len);
    wsub_cmd_arg(&cmd, issue->member.data, issue->member.len);
    wsub_store_once(store, issue->shard, &cmd, parse_done, (wsub_store_cb *)cb,
                    arg);
}

void wsub_health_make_groups(struct wsub_store *store,
                             const struct wsub_health_issue *issue,
                             wsub_health_repair_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, issue->shard, WSUB_SCRIPT_GROUPS);
    wsub_store_once(store, issue->shard, &cmd, parse_done, (wsub_store_cb *)cb,
                    arg);
}
