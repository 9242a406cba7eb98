#include "deliver/load.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <uthash.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/store.h"

#define BATCH_MAX 256 /* records in one HMGET: some 100 microseconds of Redis */

STAILQ_HEAD(load_list, deliver_load);

/* One HMGET: what is wanted of a topic, or on its way. */
struct batch {
    struct load_list loads;
    size_t count;
    unsigned shard;
    char td[WSUB_DIGEST_LEN + 1];
    STAILQ_ENTRY(batch) next;
    UT_hash_handle hh;
};

STAILQ_HEAD(batch_list, batch);

struct deliver_loader {
    struct wsub_store *store; /* borrowed; outlives the loader */
    struct event *flush;      /* owned; runs once the turn is over */
    struct event *later;      /* owned; and so have its transfers */
    struct batch **open;      /* owned; one a shard, by td: with room */
    struct batch *last;       /* borrowed; of them, most likely wanted again */
    struct batch_list wanted; /* owned; all that are to be sent */
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

static void batch_send(struct deliver_loader *loader, struct batch *batch)
{
    const struct deliver_load *load;
    struct wsub_cmd cmd;
    enum wsub_err err;

    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, loader->store, batch->shard, "sub", batch->td);
    STAILQ_FOREACH(load, &batch->loads, next)
    {
        wsub_cmd_str(&cmd, load->cd);
    }
    err = wsub_store_send(loader->store, batch->shard, &cmd, on_lines, batch);
    if (err != WSUB_OK)
        batch_finish(batch, err, NULL);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    struct deliver_loader *loader = arg;
    struct batch_list wanted = STAILQ_HEAD_INITIALIZER(wanted);
    struct batch *batch;

    (void)fd;
    (void)what;
    STAILQ_CONCAT(&wanted, &loader->wanted);
    for (unsigned i = 0; i < wsub_store_shards(loader->store); i++)
        HASH_CLEAR(hh, loader->open[i]);
    loader->last = NULL;
    while ((batch = STAILQ_FIRST(&wanted)) != NULL) {
        STAILQ_REMOVE_HEAD(&wanted, next);
        batch_send(loader, batch);
    }
}

struct deliver_loader *deliver_loader_new(struct event_base *base,
                                          struct wsub_store *store)
{
    struct deliver_loader *loader = wsub_calloc(1, sizeof(*loader));
    unsigned shards = wsub_store_shards(store);

    loader->store = store;
    loader->flush = evtimer_new(base, on_flush, loader);
    loader->later = evtimer_new(base, on_flush, loader);
    event_priority_set(loader->later, WSUB_LOOP_LATER);
    loader->open = wsub_calloc(shards, sizeof(*loader->open));
    STAILQ_INIT(&loader->wanted);
    return loader;
}

void deliver_loader_free(struct deliver_loader *loader)
{
    struct batch *batch;

    if (loader == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(loader->store); i++)
        HASH_CLEAR(hh, loader->open[i]);
    while ((batch = STAILQ_FIRST(&loader->wanted)) != NULL) {
        STAILQ_REMOVE_HEAD(&loader->wanted, next);
        free(batch);
    }
    event_free(loader->flush);
    event_free(loader->later);
    free(loader->open);
    free(loader);
}

/* The batch of a topic that has room. */
static struct batch *batch_of(struct deliver_loader *loader, unsigned shard,
                              const char *td)
{
    struct batch *batch = loader->last;

    if (batch != NULL && batch->shard == shard && strcmp(batch->td, td) == 0)
        return batch;
    HASH_FIND_STR(loader->open[shard], td, batch);
    if (batch != NULL)
        return batch;
    batch = wsub_calloc(1, sizeof(*batch));
    STAILQ_INIT(&batch->loads);
    batch->shard = shard;
    memcpy(batch->td, td, sizeof(batch->td));
    HASH_ADD_STR(loader->open[shard], td, batch);
    STAILQ_INSERT_TAIL(&loader->wanted, batch, next);
    return batch;
}

static void want(struct deliver_loader *loader, unsigned shard,
                 struct deliver_load *load)
{
    struct batch *batch = batch_of(loader, shard, load->td);

    STAILQ_INSERT_TAIL(&batch->loads, load, next);
    loader->last = batch;
    if (++batch->count == BATCH_MAX) {
        HASH_DEL(loader->open[shard], batch);
        loader->last = NULL;
    }
}

void deliver_load_want(struct deliver_loader *loader, unsigned shard,
                       struct deliver_load *load)
{
    want(loader, shard, load);
    event_active(loader->flush, EV_TIMEOUT, 0);
}

void deliver_load_want_later(struct deliver_loader *loader, unsigned shard,
                             struct deliver_load *load)
{
    want(loader, shard, load);
    event_active(loader->later, EV_TIMEOUT, 0);
}
