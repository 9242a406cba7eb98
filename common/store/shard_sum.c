#include "common/store/shard_sum.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/store.h"

struct sum {
    struct wsub_countdown all;
    enum wsub_err err;
    uint64_t count; /* so far */
    wsub_shard_sum_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static void on_all(void *arg)
{
    struct sum *sum = arg;

    sum->cb(sum->err, sum->count, sum->arg);
    free(sum);
}

static void parse_number(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct sum *sum = arg;

    (void)cb;
    if (err != WSUB_OK)
        sum->err = err;
    else if (reply->type == REDIS_REPLY_INTEGER)
        sum->count += (uint64_t)reply->integer;
    else if (reply->str != NULL)
        sum->count += strtoull(reply->str, NULL, 10);
    wsub_countdown_off(&sum->all);
}

void wsub_shard_sum(struct wsub_store *store,
                    void (*write_cmd)(struct wsub_cmd *cmd,
                                      const struct wsub_store *store,
                                      unsigned shard),
                    wsub_shard_sum_cb *cb, void *arg)
{
    struct sum *sum = wsub_calloc(1, sizeof(*sum));

    sum->cb = cb;
    sum->arg = arg;
    wsub_countdown_start(&sum->all, on_all, sum);
    for (unsigned shard = 0; shard < wsub_store_shards(store); shard++) {
        struct wsub_cmd cmd;

        write_cmd(&cmd, store, shard);
        wsub_countdown_add(&sum->all);
        wsub_store_once(store, shard, &cmd, parse_number, NULL, sum);
    }
    wsub_countdown_off(&sum->all);
}
