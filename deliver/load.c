#include "deliver/load.h"

#include <stdlib.h>
#include <stdio.h>

#include <event2/event.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/redis/redis.h"

#define BATCH_MAX 256 /* keys in one MGET: some 200 microseconds of Redis */

STAILQ_HEAD(load_list, deliver_load);

struct deliver_loader {
    struct wsub_redis *redis; /* borrowed; outlives the loader */
    struct event *flush;      /* owned; runs once the turn is over */
    struct event *later;      /* owned; and so have its transfers */
    struct load_list *wanted; /* owned; one a shard */
};

/* One MGET on its way. */
struct batch {
    struct load_list loads;
};

static void batch_finish(struct batch *batch, enum wsub_err err,
                         const struct redisReply *reply)
{
    struct deliver_load *load;
    size_t i = 0;

    while ((load = STAILQ_FIRST(&batch->loads)) != NULL) {
        const struct redisReply *line =
            err == WSUB_OK && i < reply->elements ? reply->element[i] : NULL;

        i++;
        STAILQ_REMOVE_HEAD(&batch->loads, next);
        if (line != NULL && line->type == REDIS_REPLY_STRING)
            load->on_record(load, err, line->str, line->len);
        else
            load->on_record(load, err, NULL, 0);
    }
    free(batch);
}

static void on_lines(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    batch_finish(arg, err, reply);
}

static void add_key(struct wsub_cmd *cmd, const struct wsub_redis *redis,
                    unsigned shard, const struct deliver_load *load)
{
    char suffix[2 * WSUB_DIGEST_LEN + 2];

    snprintf(suffix, sizeof(suffix), "%s:%s", load->td, load->cd);
    wsub_cmd_key(cmd, redis, shard, "sub", suffix);
}

static void flush_batch(struct deliver_loader *loader, unsigned shard)
{
    struct load_list *wanted = &loader->wanted[shard];
    struct batch *batch = wsub_calloc(1, sizeof(*batch));
    struct deliver_load *load;
    struct wsub_cmd cmd;
    enum wsub_err err;

    STAILQ_INIT(&batch->loads);
    wsub_cmd_init(&cmd, "MGET");
    for (int i = 0; i < BATCH_MAX; i++) {
        load = STAILQ_FIRST(wanted);
        if (load == NULL)
            break;
        STAILQ_REMOVE_HEAD(wanted, next);
        STAILQ_INSERT_TAIL(&batch->loads, load, next);
        add_key(&cmd, loader->redis, shard, load);
    }
    err = wsub_redis_send(loader->redis, shard, &cmd, on_lines, batch);
    if (err != WSUB_OK)
        batch_finish(batch, err, NULL);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    struct deliver_loader *loader = arg;

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < wsub_redis_shards(loader->redis); i++)
        while (!STAILQ_EMPTY(&loader->wanted[i]))
            flush_batch(loader, i);
}

struct deliver_loader *deliver_loader_new(struct event_base *base,
                                          struct wsub_redis *redis)
{
    struct deliver_loader *loader = wsub_calloc(1, sizeof(*loader));
    unsigned shards = wsub_redis_shards(redis);

    loader->redis = redis;
    loader->flush = evtimer_new(base, on_flush, loader);
    loader->later = evtimer_new(base, on_flush, loader);
    event_priority_set(loader->later, WSUB_LOOP_LATER);
    loader->wanted = wsub_calloc(shards, sizeof(*loader->wanted));
    for (unsigned i = 0; i < shards; i++)
        STAILQ_INIT(&loader->wanted[i]);
    return loader;
}

void deliver_loader_free(struct deliver_loader *loader)
{
    if (loader == NULL)
        return;
    event_free(loader->flush);
    event_free(loader->later);
    free(loader->wanted);
    free(loader);
}

void deliver_load_want(struct deliver_loader *loader, unsigned shard,
                       struct deliver_load *load)
{
    STAILQ_INSERT_TAIL(&loader->wanted[shard], load, next);
    event_active(loader->flush, EV_TIMEOUT, 0);
}

void deliver_load_want_later(struct deliver_loader *loader, unsigned shard,
                             struct deliver_load *load)
{
    STAILQ_INSERT_TAIL(&loader->wanted[shard], load, next);
    event_active(loader->later, EV_TIMEOUT, 0);
}
