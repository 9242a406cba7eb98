#include "common/store/pull/tail.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"

#define VALUES 3 /* of the reply of pull_tail.lua */

/* The reply of a shard does not tell the shard. */
struct tail_read {
    unsigned shard;
    wsub_pull_tail_cb *cb;
    void *arg;
};

static bool is_tail(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == VALUES &&
           reply->element[0]->type == REDIS_REPLY_STRING &&
           reply->element[1]->type == REDIS_REPLY_STRING &&
           reply->element[2]->type == REDIS_REPLY_INTEGER;
}

static struct wsub_place place_before(struct wsub_place first)
{
    if (first.seq > 0) {
        first.seq--;
    } else if (first.ms > 0) {
        first.ms--;
        first.seq = UINT64_MAX;
    }
    return first;
}

static void give(const struct tail_read *read, const struct redisReply *reply)
{
    struct wsub_place first =
        wsub_place_of(read->shard, reply->element[1]->str);

    read->cb(WSUB_OK,
             &(struct wsub_pull_tail){
                 .last = wsub_place_of(read->shard, reply->element[0]->str),
                 .before_first = place_before(first),
                 .subscriptions = (uint64_t)reply->element[2]->integer,
             },
             read->arg);
}

static void parse_tail(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct tail_read *read = arg;

    (void)cb;
    if (err == WSUB_OK && is_tail(reply)) {
        give(read, reply);
    } else {
        read->cb(err == WSUB_OK ? WSUB_ERR_REFUSED : err, NULL, read->arg);
    }
    free(read);
}

void wsub_pull_tail(struct wsub_store *store, unsigned shard,
                    wsub_pull_tail_cb *cb, void *arg)
{
    struct tail_read *read = wsub_calloc(1, sizeof(*read));
    struct wsub_cmd cmd;

    *read = (struct tail_read){shard, cb, arg};
    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_PULL_TAIL);
    wsub_store_once(store, shard, &cmd, parse_tail, NULL, read);
}
