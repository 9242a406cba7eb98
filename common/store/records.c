#include "common/store/records.h"

#include "common/store/keys.h"

static void parse_records(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_record_cb *on_record = (wsub_record_cb *)cb;

    (void)err;
    for (size_t i = 0; i < reply->elements; i++) {
        const struct redisReply *record = reply->element[i];

        if (record->type == REDIS_REPLY_STRING)
            on_record(record->str, record->len, arg);
        else
            on_record(NULL, 0, arg);
    }
}

void wsub_records_begin(struct wsub_records_get *get, struct wsub_store *store,
                        unsigned shard, const char *td)
{
    get->store = store;
    get->shard = shard;
    wsub_cmd_init(&get->cmd, "HMGET");
    wsub_store_key(&get->cmd, store, shard, WSUB_KEY_SUBSCRIPTION, td);
}

void wsub_records_add(struct wsub_records_get *get, const char *cd)
{
    wsub_cmd_str(&get->cmd, cd);
}

void wsub_records_send(struct wsub_records_get *get, wsub_record_cb *cb,
                       void *arg)
{
    wsub_store_call(get->store, get->shard, &get->cmd, parse_records,
                    (wsub_store_cb *)cb, arg);
}
