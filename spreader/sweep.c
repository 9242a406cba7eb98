#include "spreader/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/entry_id.h"
#include "common/store/sweeps.h"
#include "spreader/shard.h"
#include "spreader/stats.h"

#define SWEEP_MS 1000
#define IDLE_MS 5000   /* while nothing happens in the shard */
#define SWEEP_MOST 200 /* of each kind in one call; a few ms of Redis */

struct shard {
    struct spread_sweeper *sweeper;
    struct spread_shard *shard; /* borrowed */
    struct wsub_timer timer;
    uint64_t lag;                  /* events that have not begun */
    struct wsub_entry_id position; /* of the sweep before */
};

struct spread_sweeper {
    struct spread_sweeper_options o;
    struct shard *shards; /* owned */
};

static void set_lag(struct shard *shard, uint64_t lag)
{
    const struct spread_sweeper *sweeper = shard->sweeper;
    uint64_t all = 0;

    shard->lag = lag;
    for (unsigned i = 0; i < sweeper->o.shards; i++)
        all += sweeper->shards[i].lag;
    wsub_metric_set(&spread_stats[SPREAD_STAT_LAG], all);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Until the next sweep. */
static uint64_t pause_ms(struct shard *shard, const struct wsub_swept *swept)
{
    bool moved = strcmp(swept->position, shard->position.text) != 0;

    snprintf(shard->position.text, sizeof(shard->position.text), "%s",
             swept->position);
    if (swept->more)
        return 0;
    if (moved || swept->leases + swept->events + swept->dead_letters > 0)
        return SWEEP_MS;
    return least(IDLE_MS, SWEEP_MS + least(IDLE_MS, swept->lease_ms));
}

static void on_swept(enum wsub_err err, const struct wsub_swept *swept,
                     void *arg)
{
    struct shard *shard = arg;
    const struct spread_sweeper_options *o = &shard->sweeper->o;

    if (!spread_shard_replied(shard->shard, err))
        return;
    if (err != WSUB_OK) {
        wsub_timer_start_ms(&shard->timer, SWEEP_MS);
        return;
    }
    wsub_metric_add(&spread_stats[SPREAD_STAT_LEASES_ENDED], swept->leases);
    set_lag(shard, swept->lag);
    wsub_timer_start_ms(&shard->timer, pause_ms(shard, swept));
    o->on_position(shard->shard->owned.shard, swept->position, o->arg);
}

static void on_due(void *arg)
{
    struct shard *shard = arg;
    const struct spread_sweeper_options *o = &shard->sweeper->o;

    spread_shard_sent(shard->shard);
    wsub_sweep(o->store,
               &(struct wsub_sweep){
                   .owned = &shard->shard->owned,
                   .retention_ms = (uint64_t)o->config->retention_s * 1000,
                   .dead_letter_retention_ms =
                       (uint64_t)o->config->dead_letter_retention_s * 1000,
                   .most = SWEEP_MOST,
               },
               on_swept, shard);
}

struct spread_sweeper *
spread_sweeper_new(const struct spread_sweeper_options *options)
{
    struct spread_sweeper *sweeper = wsub_calloc(1, sizeof(*sweeper));

    sweeper->o = *options;
    sweeper->shards = wsub_calloc(options->shards, sizeof(*sweeper->shards));
    for (unsigned i = 0; i < options->shards; i++) {
        sweeper->shards[i].sweeper = sweeper;
        wsub_timer_init(&sweeper->shards[i].timer, options->base, on_due,
                        &sweeper->shards[i]);
    }
    return sweeper;
}

void spread_sweeper_free(struct spread_sweeper *sweeper)
{
    if (sweeper == NULL)
        return;
    for (unsigned i = 0; i < sweeper->o.shards; i++)
        wsub_timer_done(&sweeper->shards[i].timer);
    free(sweeper->shards);
    free(sweeper);
}

/* The shards' sweeps are spread over a second. */
void spread_sweeper_open(struct spread_sweeper *sweeper,
                         struct spread_shard *open_shard)
{
    unsigned number = open_shard->owned.shard;
    struct shard *shard = &sweeper->shards[number];

    shard->shard = open_shard;
    wsub_timer_start_ms(&shard->timer,
                        SWEEP_MS * (number + 1) / sweeper->o.shards);
}

void spread_sweeper_close(struct spread_sweeper *sweeper, unsigned number)
{
    wsub_timer_stop(&sweeper->shards[number].timer);
    set_lag(&sweeper->shards[number], 0);
}

bool spread_sweeper_found_work(const struct spread_sweeper *sweeper)
{
    for (unsigned i = 0; i < sweeper->o.shards; i++)
        if (sweeper->shards[i].lag > 0)
            return true;
    return false;
}
