#include "common/store/shard_status.h"

#include <stdlib.h>

#include "common/store/store.h"

static uint64_t number(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_INTEGER ? (uint64_t)reply->integer
                                              : strtoull(reply->str, NULL, 10);
}

/* NULL for false. */
static const char *text(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? reply->str : NULL;
}

static void parse_status(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_shard_status_cb *on_status = (wsub_shard_status_cb *)cb;
    struct redisReply **rows;

    if (err != WSUB_OK) {
        on_status(err, NULL, arg);
        return;
    }
    rows = reply->element;
    on_status(WSUB_OK,
              &(struct wsub_shard_status){
                  .owner = text(rows[0]),
                  .incarnation = number(rows[1]),
                  .epoch = number(rows[2]),
                  .lease_ms = number(rows[3]),
                  .position = text(rows[4]),
                  .begun = number(rows[5]),
                  .lag = number(rows[6]),
                  .open = number(rows[7]),
                  .bulk = number(rows[8]),
                  .outbox = number(rows[9]),
                  .has_oldest = rows[10]->integer >= 0,
                  .oldest_ms = number(rows[10]),
              },
              arg);
}

void wsub_shard_status(struct wsub_store *store, unsigned shard,
                       wsub_shard_status_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_SHARD_STATUS);
    wsub_store_once(store, shard, &cmd, parse_status, (wsub_store_cb *)cb, arg);
}
