#include "spreader/replay.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/bucket.h"
#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/replays.h"
#include "spreader/pace.h"
#include "spreader/shard.h"
#include "spreader/stats.h"

#define IDLE_MS 5000 /* while there is none, should a wake get lost */
#define LIVE_MS 50   /* while live events go first */
#define DOWN_MS 500  /* while Redis is away */
#define PAGE_MS 20 /* between pages: what the rate allows in it goes together */
#define PAGE_MOST 500
#define SECOND_MS 1000

struct shard {
    struct spread_replays *replays;
    struct spread_shard *shard; /* borrowed */
    struct spread_round round;
    struct wsub_bucket bucket; /* of deliveries */
    bool busy;                 /* a call is under way */
    bool woken;                /* since it was sent */
    bool runs;                 /* there is one, as far as is known */
};

struct spread_replays {
    struct wsub_store *store; /* borrowed */
    uint32_t rate;            /* deliveries a second of a shard */
    struct shard *shards;     /* owned */
    unsigned count;           /* of them */
};

/* As many as a page may post: what comes in PAGE_MS, and one at least. */
static uint32_t page_size(const struct spread_replays *replays)
{
    uint64_t size = (uint64_t)replays->rate * PAGE_MS / SECOND_MS;

    return size < 1 ? 1 : size > PAGE_MOST ? PAGE_MOST : (uint32_t)size;
}

static void tell_ended(const struct shard *shard,
                       const struct wsub_replay_paged *paged)
{
    if (paged->id != NULL)
        wsub_log_info(
            "replay-done", WSUB_KU("shard", shard->shard->owned.shard),
            WSUB_KV("replay", paged->id), WSUB_KV("topic", paged->topic),
            WSUB_KU("events", paged->events),
            WSUB_KU("deliveries", paged->deliveries));
}

static uint64_t pause_ms(const struct shard *shard)
{
    uint64_t now_us = wsub_now_us();
    uint64_t next_us = wsub_bucket_next_of_us(
        &shard->bucket, page_size(shard->replays), now_us);

    return (next_us - now_us + 999) / 1000;
}

static uint64_t after_page_ms(struct shard *shard,
                              const struct wsub_replay_paged *paged)
{
    if (paged->err != WSUB_OK)
        return DOWN_MS;
    if (paged->state == WSUB_REPLAY_NONE)
        return shard->woken ? 0 : IDLE_MS;
    if (paged->state == WSUB_REPLAY_LATER)
        return LIVE_MS;
    return pause_ms(shard);
}

static void on_paged(const struct wsub_replay_paged *paged, void *arg)
{
    struct shard *shard = arg;

    shard->busy = false;
    spread_round_over(&shard->round);
    if (!spread_shard_replied(shard->shard, paged->err))
        return;
    shard->runs =
        paged->err == WSUB_OK ? paged->state != WSUB_REPLAY_NONE : shard->runs;
    if (paged->posted > 0) {
        wsub_bucket_take_of(&shard->bucket, (uint32_t)paged->posted,
                            wsub_now_us());
        wsub_metric_add(&spread_stats[SPREAD_STAT_REPLAYED], paged->posted);
    }
    tell_ended(shard, paged);
    spread_round_start_ms(&shard->round, after_page_ms(shard, paged));
}

static void on_round(void *arg)
{
    struct shard *shard = arg;

    shard->busy = true;
    shard->woken = false;
    spread_shard_sent(shard->shard);
    wsub_replay_page(shard->replays->store, &shard->shard->owned,
                     page_size(shard->replays), on_paged, shard);
}

struct spread_replays *spread_replays_new(struct spread_pace *pace,
                                          struct wsub_store *store,
                                          const struct wsub_config *config,
                                          unsigned shards)
{
    struct spread_replays *replays = wsub_calloc(1, sizeof(*replays));

    replays->store = store;
    replays->rate = config->replay_rate;
    replays->count = shards;
    replays->shards = wsub_calloc(shards, sizeof(*replays->shards));
    for (unsigned i = 0; i < shards; i++) {
        replays->shards[i].replays = replays;
        wsub_bucket_init(&replays->shards[i].bucket, replays->rate,
                         wsub_now_us());
        spread_round_init(&replays->shards[i].round, pace, on_round,
                          &replays->shards[i]);
    }
    return replays;
}

void spread_replays_free(struct spread_replays *replays)
{
    if (replays == NULL)
        return;
    for (unsigned i = 0; i < replays->count; i++)
        spread_round_done(&replays->shards[i].round);
    free(replays->shards);
    free(replays);
}

void spread_replays_open(struct spread_replays *replays,
                         struct spread_shard *open_shard)
{
    struct shard *shard = &replays->shards[open_shard->owned.shard];

    shard->shard = open_shard;
    shard->runs = false;
    spread_round_start_ms(&shard->round, LIVE_MS);
}

void spread_replays_close(struct spread_replays *replays, unsigned number)
{
    spread_round_stop(&replays->shards[number].round);
}

/* One that runs has a page planned. */
void spread_replays_wake(struct spread_replays *replays, unsigned number)
{
    struct shard *shard = &replays->shards[number];

    shard->woken = true;
    if (!shard->busy && !shard->runs)
        spread_round_start_ms(&shard->round, 0);
}
