#include "common/store/promoter.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/store.h"

#define LOOK_MS 5000 /* longest sleep, see promoter.h */
#define DOWN_MS 500  /* between tries while Redis is away */
#define MOVE_MAX 500 /* entries per call; about a millisecond of Redis */

struct shard {
    struct wsub_promoter *promoter;
    unsigned number;
    struct wsub_timer timer;
    uint64_t next_ms; /* when the timer runs, on our own clock */
    uint64_t hint_ms; /* a hint that came while a call was on its way */
    bool busy;
};

struct wsub_promoter {
    struct wsub_store *store; /* borrowed; outlives the promoter */
    struct shard *shards;     /* owned */
};

static void plan(struct shard *shard, uint64_t delay_ms)
{
    shard->next_ms = wsub_now_ms() + delay_ms;
    wsub_timer_start_ms(&shard->timer, delay_ms);
}

static void parse_promoted(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    struct shard *shard = arg;
    uint64_t delay_ms = LOOK_MS, now = wsub_now_ms();

    (void)cb;
    shard->busy = false;
    if (err == WSUB_OK) {
        long long moved = reply->element[0]->integer;
        long long next = reply->element[1]->integer;

        if (moved == MOVE_MAX)
            delay_ms = 0;
        else if (next >= 0 && (uint64_t)next < LOOK_MS)
            delay_ms = (uint64_t)next + 1;
    } else {
        delay_ms = DOWN_MS;
    }
    if (shard->hint_ms != 0 && shard->hint_ms < now + delay_ms)
        delay_ms = shard->hint_ms > now ? shard->hint_ms - now : 0;
    shard->hint_ms = 0;
    plan(shard, delay_ms);
}

static void on_due(void *arg)
{
    struct shard *shard = arg;
    struct wsub_store *store = shard->promoter->store;
    struct wsub_cmd cmd;

    if (!wsub_store_up(store)) {
        plan(shard, DOWN_MS);
        return;
    }
    wsub_store_script(&cmd, store, shard->number, WSUB_SCRIPT_PROMOTE);
    wsub_cmd_u64(&cmd, MOVE_MAX);
    shard->busy = true;
    wsub_store_once(store, shard->number, &cmd, parse_promoted, NULL, shard);
}

struct wsub_promoter *wsub_promoter_new(struct event_base *base,
                                        struct wsub_store *store)
{
    struct wsub_promoter *promoter = wsub_calloc(1, sizeof(*promoter));
    unsigned shards = wsub_store_shards(store);

    promoter->store = store;
    promoter->shards = wsub_calloc(shards, sizeof(*promoter->shards));
    for (unsigned i = 0; i < shards; i++) {
        struct shard *shard = &promoter->shards[i];

        shard->promoter = promoter;
        shard->number = i;
        wsub_timer_init(&shard->timer, base, on_due, shard);
        plan(shard, 0);
    }
    return promoter;
}

void wsub_promoter_free(struct wsub_promoter *promoter)
{
    if (promoter == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(promoter->store); i++)
        wsub_timer_done(&promoter->shards[i].timer);
    free(promoter->shards);
    free(promoter);
}

void wsub_promoter_hint(struct wsub_promoter *promoter, unsigned shard_number,
                        uint64_t delay_ms)
{
    struct shard *shard = &promoter->shards[shard_number];
    uint64_t due_ms = wsub_now_ms() + delay_ms + 1;

    if (shard->busy) {
        if (shard->hint_ms == 0 || due_ms < shard->hint_ms)
            shard->hint_ms = due_ms;
    } else if (due_ms < shard->next_ms) {
        plan(shard, delay_ms + 1);
    }
}
