#include "common/store/attempts.h"

#include "common/store/keys.h"

void wsub_attempts_begin(struct wsub_attempts_add *add,
                         struct wsub_store *store, unsigned shard)
{
    add->store = store;
    add->shard = shard;
    wsub_store_script(&add->cmd, store, shard, WSUB_SCRIPT_ATTEMPTS);
}

void wsub_attempts_log(struct wsub_attempts_add *add, const char *td,
                       const char *cd, const struct wsub_attempt_log *log)
{
    unsigned char bytes[WSUB_ATTEMPT_LOG_MAX];
    size_t len = wsub_attempt_log_write(log, bytes);

    wsub_cmd_str(&add->cmd, td);
    wsub_cmd_str(&add->cmd, cd);
    wsub_cmd_arg(&add->cmd, bytes, len);
}

void wsub_attempts_send(struct wsub_attempts_add *add)
{
    wsub_store_call(add->store, add->shard, &add->cmd, wsub_store_parse_done,
                    NULL, NULL);
}

static void parse_log(enum wsub_err err, const struct redisReply *reply,
                      wsub_store_cb *cb, void *arg)
{
    wsub_attempts_cb *on_log = (wsub_attempts_cb *)cb;
    struct wsub_attempt_log log;

    (void)err;
    if (reply->type == REDIS_REPLY_STRING &&
        wsub_attempt_log_read(reply->str, reply->len, &log) == WSUB_OK)
        on_log(&log, arg);
    else
        on_log(NULL, arg);
}

void wsub_attempts_get(struct wsub_store *store, unsigned shard, const char *td,
                       const char *cd, wsub_attempts_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGET");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_ATTEMPTS, td);
    wsub_cmd_str(&cmd, cd);
    wsub_store_call(store, shard, &cmd, parse_log, (wsub_store_cb *)cb, arg);
}
