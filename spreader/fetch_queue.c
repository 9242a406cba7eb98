#include "spreader/fetch_queue.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/fetches.h"
#include "spreader/shard.h"

#define LOOK_MS 5000 /* longest sleep, should a wake get lost */
#define TAKE_MAX 32  /* topics in one call: no shard takes all there is */
/* What becomes free is gathered for so long, so that a call takes several. */
#define GATHER_US 1000

struct shard {
    struct spread_fetch_queue *queue;
    struct spread_shard *shard; /* borrowed */
    struct wsub_timer timer;
    uint64_t questions; /* numbers them */
    bool asking;        /* a call is under way, with these capacities: */
    size_t asked[WSUB_WANTED_KINDS];
    bool woken; /* to look once more, as soon as no call is under way */
    bool waits[WSUB_WANTED_KINDS]; /* for capacity */
    bool open;                     /* topics may be taken */
};

struct spread_fetch_queue {
    struct spread_fetch_queue_options o;
    struct shard *shards;           /* owned */
    size_t held[WSUB_WANTED_KINDS]; /* topics taken, or asked for */
    struct wsub_timer gather;       /* runs while shards wait for capacity */
    unsigned first; /* shard to look at first when there is capacity */
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

static void hand_out(struct shard *shard, struct wsub_wanted wanted)
{
    const struct spread_fetch_queue_options *o = &shard->queue->o;

    wanted.question = shard->questions;
    o->on_wanted(shard->shard, &wanted, o->arg);
}

/* Capacity that a call has asked for and not used is for the shards that wait. */
static void give_back(struct shard *shard)
{
    struct spread_fetch_queue *queue = shard->queue;

    shard->asking = false;
    for (int kind = 0; kind < WSUB_WANTED_KINDS; kind++)
        queue->held[kind] -= shard->asked[kind];
    wsub_timer_plan_us(&queue->gather, GATHER_US);
}

static void on_taken(const struct wsub_taken *taken, void *arg)
{
    struct shard *shard = arg;
    struct spread_fetch_queue *queue = shard->queue;

    give_back(shard);
    if (!spread_shard_replied(shard->shard, taken->err))
        return;
    for (size_t i = 0; i < taken->count; i++)
        queue->held[taken->wanted[i].kind]++;
    for (size_t i = 0; i < taken->count; i++)
        hand_out(shard, taken->wanted[i]);
    plan(shard, taken);
}

/* How many topics of a kind may be asked for. */
static size_t capacity(const struct spread_fetch_queue *queue, int kind)
{
    size_t most = queue->o.most[kind], held = queue->held[kind];
    size_t left = held < most ? most - held : 0;

    return left < TAKE_MAX ? left : TAKE_MAX;
}

static void take(struct shard *shard)
{
    struct spread_fetch_queue *queue = shard->queue;
    struct wsub_take take = {.owned = &shard->shard->owned};
    size_t all = 0;

    shard->woken = shard->asking; /* another look, once there is a reply */
    if (shard->asking)
        return;
    for (int kind = 0; kind < WSUB_WANTED_KINDS; kind++) {
        take.most[kind] = capacity(queue, kind);
        shard->waits[kind] = take.most[kind] == 0;
        all += take.most[kind];
    }
    if (all == 0)
        return;
    for (int kind = 0; kind < WSUB_WANTED_KINDS; kind++) {
        shard->asked[kind] = take.most[kind];
        queue->held[kind] += take.most[kind];
    }
    shard->asking = true;
    take.number = ++shard->questions;
    spread_shard_sent(shard->shard);
    wsub_fetches_take(queue->o.store, &take, on_taken, shard);
}

static void on_due(void *arg)
{
    take(arg);
}

static bool has_capacity(const struct shard *shard)
{
    for (int kind = 0; kind < WSUB_WANTED_KINDS; kind++)
        if (shard->waits[kind] && capacity(shard->queue, kind) > 0)
            return true;
    return false;
}

static void on_gathered(void *arg)
{
    struct spread_fetch_queue *queue = arg;
    unsigned count = queue->o.shards;

    queue->first = (queue->first + 1) % count;
    for (unsigned i = 0; i < count; i++) {
        struct shard *shard = &queue->shards[(queue->first + i) % count];

        if (has_capacity(shard))
            take(shard);
    }
}

struct spread_fetch_queue *
spread_fetch_queue_new(const struct spread_fetch_queue_options *options)
{
    struct spread_fetch_queue *queue = wsub_calloc(1, sizeof(*queue));

    queue->o = *options;
    queue->shards = wsub_calloc(options->shards, sizeof(*queue->shards));
    wsub_timer_init(&queue->gather, options->base, on_gathered, queue);
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
    wsub_timer_done(&queue->gather);
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
    shard->waits[WSUB_WANTED_ANNOUNCED] = false;
    shard->waits[WSUB_WANTED_VALIDATION] = false;
    shard->open = false;
}

void spread_fetch_queue_wake(struct spread_fetch_queue *queue, unsigned number)
{
    struct shard *shard = &queue->shards[number];

    shard->woken = true;
    if (!shard->asking)
        wsub_timer_start_ms(&shard->timer, 0);
}

/* The topic may have been announced again meanwhile: its shard looks as well. */
void spread_fetch_queue_over(struct spread_fetch_queue *queue, unsigned number,
                             enum wsub_wanted_kind kind, size_t count)
{
    struct shard *shard = &queue->shards[number];

    queue->held[kind] -= count;
    if (shard->asking) {
        shard->woken = true;
    } else if (shard->open && !shard->waits[kind] && !shard->woken) {
        shard->woken = true;
        wsub_timer_start_us(&shard->timer, GATHER_US);
    }
    wsub_timer_plan_us(&queue->gather, GATHER_US);
}

void spread_fetch_queue_linger(struct spread_fetch_queue *queue,
                               enum wsub_wanted_kind kind, size_t count)
{
    queue->held[kind] -= count;
    wsub_timer_plan_us(&queue->gather, GATHER_US);
}

static bool holds(const struct spread_fetch_queue *queue, int kind)
{
    size_t asked = 0;

    for (unsigned i = 0; i < queue->o.shards; i++)
        if (queue->shards[i].asking)
            asked += queue->shards[i].asked[kind];
    return queue->held[kind] > asked;
}

bool spread_fetch_queue_holds_work(const struct spread_fetch_queue *queue)
{
    return holds(queue, WSUB_WANTED_ANNOUNCED) ||
           holds(queue, WSUB_WANTED_VALIDATION);
}
