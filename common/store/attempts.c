#include "common/store/attempts.h"

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
