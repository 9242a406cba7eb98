#include "spreader/gather.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"

struct shard {
    struct spread_gathered_list ready; /* members of others; the oldest first */
    size_t count, bytes;               /* of it */
    size_t expected;                   /* beside it, when the last was added */
    bool due;                          /* waits for no others */
    bool sent;                         /* a call is on its way */
};

struct spread_gather {
    struct spread_gather_options o;
    struct shard *shards;    /* owned */
    struct wsub_timer flush; /* runs while something is due */
    struct wsub_timer wait;  /* runs while something waits for others */
};

/* Moves what goes with the next call. */
static void fill(const struct spread_gather *gather, struct shard *shard,
                 struct spread_gathered_list *list)
{
    struct spread_gathered *one;
    size_t count = 0, bytes = 0;

    while (count < gather->o.most && bytes < gather->o.bytes_max &&
           (one = TAILQ_FIRST(&shard->ready)) != NULL) {
        TAILQ_REMOVE(&shard->ready, one, next);
        TAILQ_INSERT_TAIL(list, one, next);
        count++;
        bytes += one->bytes;
    }
    shard->count -= count;
    shard->bytes -= bytes;
}

void spread_gather_flush(struct spread_gather *gather, unsigned number)
{
    struct spread_gathered_list list = TAILQ_HEAD_INITIALIZER(list);
    struct shard *shard = &gather->shards[number];

    if (shard->sent || shard->count == 0)
        return;
    fill(gather, shard, &list);
    shard->due = shard->count > 0;
    shard->sent = true;
    gather->o.send(number, &list, gather->o.arg);
}

static void on_flush(void *arg)
{
    struct spread_gather *gather = arg;

    for (unsigned i = 0; i < gather->o.shards; i++)
        if (gather->shards[i].due)
            spread_gather_flush(gather, i);
}

static void on_waited(void *arg)
{
    struct spread_gather *gather = arg;

    for (unsigned i = 0; i < gather->o.shards; i++)
        spread_gather_flush(gather, i);
}

static void timer_init(struct spread_gather *gather, struct wsub_timer *timer,
                       wsub_timer_cb *on_due)
{
    wsub_timer_init(timer, gather->o.base, on_due, gather);
    wsub_timer_priority(timer, WSUB_LOOP_LATER);
}

struct spread_gather *
spread_gather_new(const struct spread_gather_options *options)
{
    struct spread_gather *gather = wsub_calloc(1, sizeof(*gather));

    gather->o = *options;
    gather->shards = wsub_calloc(options->shards, sizeof(*gather->shards));
    for (unsigned i = 0; i < options->shards; i++)
        TAILQ_INIT(&gather->shards[i].ready);
    timer_init(gather, &gather->flush, on_flush);
    timer_init(gather, &gather->wait, on_waited);
    return gather;
}

void spread_gather_free(struct spread_gather *gather)
{
    if (gather == NULL)
        return;
    wsub_timer_done(&gather->flush);
    wsub_timer_done(&gather->wait);
    free(gather->shards);
    free(gather);
}

/* Sees to it that what is ready is sent. */
static void plan(struct spread_gather *gather, struct shard *shard)
{
    shard->due |= shard->count >= shard->expected ||
                  shard->count >= gather->o.most ||
                  shard->bytes >= gather->o.bytes_max;
    if (shard->sent)
        return;
    if (shard->due)
        wsub_timer_now(&gather->flush);
    else
        wsub_timer_plan_us(&gather->wait, gather->o.wait_us);
}

void spread_gather_add(struct spread_gather *gather, unsigned number,
                       struct spread_gathered *one, size_t bytes,
                       size_t expected)
{
    struct shard *shard = &gather->shards[number];

    one->bytes = bytes;
    TAILQ_INSERT_TAIL(&shard->ready, one, next);
    shard->count++;
    shard->bytes += bytes;
    shard->expected = expected;
    plan(gather, shard);
}

void spread_gather_over(struct spread_gather *gather, unsigned number)
{
    struct shard *shard = &gather->shards[number];

    shard->sent = false;
    if (shard->count > 0)
        plan(gather, shard);
}
