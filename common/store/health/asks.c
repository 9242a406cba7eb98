#include "common/store/health/asks.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/store/keys.h"
#include "common/store/store.h"

static void parse_asked(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    uint64_t number = 0;

    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_NOT_FOUND;
    else if (err == WSUB_OK && reply->integer < 0)
        err = WSUB_ERR_FULL;
    else if (err == WSUB_OK)
        number = (uint64_t)reply->integer;
    ((wsub_health_asked_cb *)cb)(err, number, arg);
}

static void begin(struct wsub_cmd *cmd, const struct wsub_store *store,
                  const char *what)
{
    const struct wsub_config *config = wsub_store_config(store);

    wsub_store_script(cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_HEALTH_ASK);
    wsub_cmd_str(cmd, config->cluster_events_topic);
    wsub_cmd_u64(cmd, config->cluster_events_kept);
    wsub_cmd_str(cmd, what);
}

static void send(struct wsub_store *store, struct wsub_cmd *cmd,
                 wsub_health_asked_cb *cb, void *arg)
{
    wsub_store_once(store, WSUB_SHARD_CLUSTER, cmd, parse_asked,
                    (wsub_store_cb *)cb, arg);
}

void wsub_health_ask_check(struct wsub_store *store, wsub_health_asked_cb *cb,
                           void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, "check");
    send(store, &cmd, cb, arg);
}

void wsub_health_ask_cleanup(struct wsub_store *store, bool enabled,
                             wsub_health_asked_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, "cleanup");
    wsub_cmd_u64(&cmd, enabled);
    send(store, &cmd, cb, arg);
}

void wsub_health_ask_fsck(struct wsub_store *store, bool repair,
                          wsub_health_asked_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, "fsck");
    wsub_cmd_u64(&cmd, repair);
    send(store, &cmd, cb, arg);
}

void wsub_health_ask_item(struct wsub_store *store,
                          const struct wsub_health_issue *issue,
                          wsub_health_asked_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, "item");
    if (issue->shard == WSUB_SHARD_CLUSTER)
        wsub_cmd_str(&cmd, "c");
    else
        wsub_cmd_u64(&cmd, issue->shard);
    wsub_cmd_arg(&cmd, issue->key.data, issue->key.len);
    wsub_cmd_arg(&cmd, issue->member.data, issue->member.len);
    wsub_cmd_str(&cmd, issue->action);
    send(store, &cmd, cb, arg);
}

static void parse_last(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    ((wsub_health_last_cb *)cb)(err, err == WSUB_OK ? reply->str : NULL, arg);
}

void wsub_health_last(struct wsub_store *store, wsub_health_last_cb *cb,
                      void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "GET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_HEALTH, NULL);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_last,
                    (wsub_store_cb *)cb, arg);
}

static void parse_cleanup(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    ((wsub_health_cleanup_cb *)cb)(err, err == WSUB_OK ? reply->str : NULL,
                                   arg);
}

/* Begins a command about what operators have asked for. */
static void begin_look(struct wsub_cmd *cmd, const struct wsub_store *store,
                       const char *name)
{
    wsub_cmd_init(cmd, name);
    wsub_store_key(cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_HEALTH_STATE, NULL);
}

void wsub_health_cleanup(struct wsub_store *store, wsub_health_cleanup_cb *cb,
                         void *arg)
{
    struct wsub_cmd cmd;

    begin_look(&cmd, store, "HGET");
    wsub_cmd_str(&cmd, "cleanup");
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_cleanup,
                    (wsub_store_cb *)cb, arg);
}

static void parse_fsck(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct wsub_health_fsck fsck = {0};

    if (err == WSUB_OK && reply->element[0]->str != NULL) {
        const char *repairs = reply->element[3]->str;

        fsck.number = strtoull(reply->element[0]->str, NULL, 10);
        fsck.state = reply->element[1]->str;
        fsck.progress = reply->element[2]->str;
        fsck.repairs = repairs != NULL && strcmp(repairs, "1") == 0;
    }
    ((wsub_health_fsck_cb *)cb)(err, err == WSUB_OK ? &fsck : NULL, arg);
}

void wsub_health_fsck(struct wsub_store *store, wsub_health_fsck_cb *cb,
                      void *arg)
{
    struct wsub_cmd cmd;

    begin_look(&cmd, store, "HMGET");
    wsub_cmd_str(&cmd, "fsck");
    wsub_cmd_str(&cmd, "fsck_state");
    wsub_cmd_str(&cmd, "fsck_progress");
    wsub_cmd_str(&cmd, "fsck_repair");
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_fsck,
                    (wsub_store_cb *)cb, arg);
}
