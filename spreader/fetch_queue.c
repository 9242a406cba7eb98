#include "spreader/fetch_queue.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/fetches.h"
#include "spreader/shard.h"

#define LOOK_MS 5000 /* longest sleep, should a wake get lost */
#define TAKE_MAX 32  /* topics in one call: no shard takes all there is */

struct shard {
    struct spread_fetch_queue *queue;
    struct spread_shard *shard; /* borrowed */
    struct wsub_timer timer;
    uint64_t questions; /* numbers them */
    size_t asked;       /* capacity of the call that is under way; 0: none is */
    bool woken;         /* since it was sent */
    bool waits;         /* for capacity */
    bool open;          /* topics may be taken */
};

struct spread_fetch_queue {
    struct spread_fetch_queue_options o;
    struct shard *shards; /* owned */
    size_t held;          /* topics that were taken, or asked for */
    unsigned first;       /* shard to look at first when there is capacity */
};

static void plan(struct shard *shard, const struct wsub_taken *taken)
{
    uint64_t ms = LOOK_MS;

    if (shard->woken)
        ms = 0;
    else if (taken->later && taken->next_ms < LOOK_MS)
        ms = taken->next_ms > 0 ? taken->next_ms + 1 : 0;
    wsub_timer_start_ms(&shard->timer, ms);
}

static void on_taken(const struct wsub_taken *taken, void *arg)
{
    struct shard *shard = arg;
    struct spread_fetch_queue *queue = shard->queue;
    const struct spread_fetch_queue_options *o = &queue->o;

    queue->held -= shard->asked;
    shard->asked = 0;
    if (!spread_shard_replied(shard->shard, taken->err))
        return;
    queue->held += taken->count;
    for (size_t i = 0; i < taken->count; i++)
        o->on_wanted(shard->shard, &taken->wanted[i], o->arg);
    plan(shard, taken);
}

static void take(struct shard *shard)
{
    struct spread_fetch_queue *queue = shard->queue;
    size_t left = queue->held < queue->o.most ? queue->o.most - queue->held : 0;

    if (shard->asked > 0)
        return;
    shard->waits = left == 0;
    if (shard->waits)
        return;
    shard->asked = left < TAKE_MAX ? left : TAKE_MAX;
    queue->held += shard->asked;
    shard->woken = false;
    shard->questions++;
    spread_shard_sent(shard->shard);
    wsub_fetches_take(queue->o.store, &shard->shard->owned, shard->questions,
                      shard->asked, on_taken, shard);
}

static void on_due(void *arg)
{
    take(arg);
}

struct spread_fetch_queue *
spread_fetch_queue_new(const struct spread_fetch_queue_options *options)
{
    struct spread_fetch_queue *queue = wsub_calloc(1, sizeof(*queue));

    queue->o = *options;
    queue->shards = wsub_calloc(options->shards, sizeof(*queue->shards));
    for (unsigned i = 0; i < options->shards; i++) {
        queue->shards[i].queue = queue;
        wsub_timer_init(&queue->shards[i].timer, options->base, on_due,
                        &queue->shards[i]);
    }
    return queue;
}

void spread_fetch_queue_free(struct spread_fetch_queue *queue)
{
    if (queue == NULL)
        return;
    for (unsigned i = 0; i < queue->o.shards; i++)
        wsub_timer_done(&queue->shards[i].timer);
    free(queue->shards);
    free(queue);
}

void spread_fetch_queue_open(struct spread_fetch_queue *queue,
                             struct spread_shard *open_shard)
{
    struct shard *shard = &queue->shards[open_shard->owned.shard];

    shard->shard = open_shard;
    shard->open = true;
    wsub_timer_start_ms(&shard->timer, 0);
}

void spread_fetch_queue_close(struct spread_fetch_queue *queue, unsigned number)
{
    struct shard *shard = &queue->shards[number];

    wsub_timer_stop(&shard->timer);
    shard->waits = shard->open = false;
}

void spread_fetch_queue_wake(struct spread_fetch_queue *queue, unsigned number)
{
    struct shard *shard = &queue->shards[number];

    shard->woken = true;
    if (shard->asked == 0)
        wsub_timer_start_ms(&shard->timer, 0);
}

static void wake_waiting(struct spread_fetch_queue *queue)
{
    unsigned count = queue->o.shards;

    queue->first = (queue->first + 1) % count;
    for (unsigned i = 0; i < count; i++) {
        struct shard *shard = &queue->shards[(queue->first + i) % count];

        if (shard->waits)
            take(shard);
    }
}

/* The topic may have been announced again meanwhile: its shard looks as well. */
void spread_fetch_queue_over(struct spread_fetch_queue *queue, unsigned number,
                             size_t count)
{
    struct shard *shard = &queue->shards[number];

    queue->held -= count;
    if (shard->open && shard->asked == 0 && !shard->waits)
        wsub_timer_start_ms(&shard->timer, 0);
    else
        shard->woken = true;
    wake_waiting(queue);
}

bool spread_fetch_queue_holds_work(const struct spread_fetch_queue *queue)
{
    size_t asked = 0;

    for (unsigned i = 0; i < queue->o.shards; i++)
        asked += queue->shards[i].asked;
    return queue->held > asked;
}
