#include "spreader/expiry.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/pull/ttl.h"
#include "spreader/pace.h"
#include "spreader/shard.h"
#include "spreader/stats.h"

#define LOOK_MS 1000
#define IDLE_MS 5000 /* while the shard has none, should a wake get lost */
#define LEAST_MS 50  /* what ends meanwhile goes together */
#define MOST 100     /* in one call; less than a millisecond of Redis */

struct shard {
    struct spread_expiry *expiry;
    struct spread_shard *shard; /* borrowed */
    struct spread_round round;
    bool busy;          /* a call is under way */
    bool woken;         /* since it was sent */
    uint64_t looked_ms; /* when it was sent; our clock */
    uint64_t subscriptions;
};

struct spread_expiry {
    struct wsub_store *store; /* borrowed; outlives the expiry */
    struct shard *shards;     /* owned */
    unsigned count;           /* of them */
};

static void tell_ended(const struct shard *shard, uint64_t ended)
{
    if (ended == 0)
        return;
    wsub_metric_add(&spread_stats[SPREAD_STAT_PULL_EXPIRED], ended);
    wsub_log_info("pull-subscriptions-ended",
                  WSUB_KU("shard", shard->shard->owned.shard),
                  WSUB_KU("count", ended));
}

static uint64_t pause_ms(const struct shard *shard,
                         const struct wsub_pull_expired *expired)
{
    if (expired->ended == MOST)
        return 0;
    if (expired->left == 0)
        return shard->woken ? LOOK_MS : IDLE_MS;
    if (expired->next_ms >= LOOK_MS)
        return LOOK_MS;
    return expired->next_ms < LEAST_MS ? LEAST_MS : expired->next_ms + 1;
}

static void on_expired(enum wsub_err err,
                       const struct wsub_pull_expired *expired, void *arg)
{
    struct shard *shard = arg;

    shard->busy = false;
    spread_round_over(&shard->round);
    if (!spread_shard_replied(shard->shard, err))
        return;
    if (err != WSUB_OK) {
        spread_round_start_ms(&shard->round, LOOK_MS);
        return;
    }
    tell_ended(shard, expired->ended);
    shard->subscriptions = expired->left;
    spread_round_start_ms(&shard->round, pause_ms(shard, expired));
}

static void on_round(void *arg)
{
    struct shard *shard = arg;

    shard->busy = true;
    shard->woken = false;
    shard->looked_ms = wsub_now_ms();
    spread_shard_sent(shard->shard);
    wsub_pull_expire(shard->expiry->store, &shard->shard->owned, MOST,
                     on_expired, shard);
}

struct spread_expiry *spread_expiry_new(struct spread_pace *pace,
                                        struct wsub_store *store,
                                        unsigned shards)
{
    struct spread_expiry *expiry = wsub_calloc(1, sizeof(*expiry));

    expiry->store = store;
    expiry->count = shards;
    expiry->shards = wsub_calloc(shards, sizeof(*expiry->shards));
    for (unsigned i = 0; i < shards; i++) {
        expiry->shards[i].expiry = expiry;
        spread_round_init(&expiry->shards[i].round, pace, on_round,
                          &expiry->shards[i]);
    }
    return expiry;
}

void spread_expiry_free(struct spread_expiry *expiry)
{
    if (expiry == NULL)
        return;
    for (unsigned i = 0; i < expiry->count; i++)
        spread_round_done(&expiry->shards[i].round);
    free(expiry->shards);
    free(expiry);
}

/* The shards' looks are spread over a second. */
void spread_expiry_open(struct spread_expiry *expiry,
                        struct spread_shard *open_shard)
{
    unsigned number = open_shard->owned.shard;
    struct shard *shard = &expiry->shards[number];

    shard->shard = open_shard;
    spread_round_start_ms(&shard->round,
                          LOOK_MS * (number + 1) / expiry->count);
}

void spread_expiry_close(struct spread_expiry *expiry, unsigned number)
{
    spread_round_stop(&expiry->shards[number].round);
    expiry->shards[number].subscriptions = 0;
}

/* Most wakes are for other parts: they bring no more than a look each second. */
void spread_expiry_wake(struct spread_expiry *expiry, unsigned number)
{
    struct shard *shard = &expiry->shards[number];
    uint64_t since_ms = wsub_now_ms() - shard->looked_ms;

    shard->woken = true;
    if (!shard->busy && shard->subscriptions == 0)
        spread_round_start_ms(&shard->round,
                              since_ms < LOOK_MS ? LOOK_MS - since_ms : 0);
}
