#include "spreader/promoter.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/retries.h"
#include "spreader/shard.h"

#define LOOK_MS 5000 /* longest sleep, should a wake get lost */
#define LEAST_MS 4   /* shortest sleep: what is due meanwhile goes together */
#define DOWN_MS 500  /* between tries while Redis is away */
#define MOVE_MAX 500 /* entries per call; about a millisecond of Redis */

struct shard {
    struct spread_promoter *promoter;
    struct spread_shard *shard; /* borrowed */
    struct wsub_timer timer;
    bool busy;  /* a call is under way */
    bool woken; /* since it was sent */
};

struct spread_promoter {
    struct wsub_store *store; /* borrowed; outlives the promoter */
    struct shard *shards;     /* owned */
    unsigned count;           /* of them */
};

static uint64_t sleep_ms(const struct shard *shard,
                         const struct wsub_promoted *promoted)
{
    if (promoted->err != WSUB_OK)
        return DOWN_MS;
    if (shard->woken || promoted->moved == MOVE_MAX)
        return 0;
    if (!promoted->later || promoted->next_ms >= LOOK_MS)
        return LOOK_MS;
    return promoted->next_ms < LEAST_MS ? LEAST_MS : promoted->next_ms + 1;
}

static void on_promoted(const struct wsub_promoted *promoted, void *arg)
{
    struct shard *shard = arg;

    shard->busy = false;
    if (spread_shard_replied(shard->shard, promoted->err))
        wsub_timer_start_ms(&shard->timer, sleep_ms(shard, promoted));
}

static void on_due(void *arg)
{
    struct shard *shard = arg;

    if (shard->busy)
        return;
    shard->busy = true;
    shard->woken = false;
    spread_shard_sent(shard->shard);
    wsub_retries_promote(shard->promoter->store, &shard->shard->owned, MOVE_MAX,
                         on_promoted, shard);
}

struct spread_promoter *spread_promoter_new(struct event_base *base,
                                            struct wsub_store *store,
                                            unsigned shards)
{
    struct spread_promoter *promoter = wsub_calloc(1, sizeof(*promoter));

    promoter->store = store;
    promoter->count = shards;
    promoter->shards = wsub_calloc(shards, sizeof(*promoter->shards));
    for (unsigned i = 0; i < shards; i++) {
        promoter->shards[i].promoter = promoter;
        wsub_timer_init(&promoter->shards[i].timer, base, on_due,
                        &promoter->shards[i]);
    }
    return promoter;
}

void spread_promoter_free(struct spread_promoter *promoter)
{
    if (promoter == NULL)
        return;
    for (unsigned i = 0; i < promoter->count; i++)
        wsub_timer_done(&promoter->shards[i].timer);
    free(promoter->shards);
    free(promoter);
}

void spread_promoter_open(struct spread_promoter *promoter,
                          struct spread_shard *open_shard)
{
    struct shard *shard = &promoter->shards[open_shard->owned.shard];

    shard->shard = open_shard;
    wsub_timer_start_ms(&shard->timer, 0);
}

void spread_promoter_close(struct spread_promoter *promoter, unsigned number)
{
    wsub_timer_stop(&promoter->shards[number].timer);
}

void spread_promoter_wake(struct spread_promoter *promoter, unsigned number)
{
    struct shard *shard = &promoter->shards[number];

    shard->woken = true;
    if (!shard->busy)
        wsub_timer_start_ms(&shard->timer, 0);
}
