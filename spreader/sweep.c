#include "spreader/sweep.h"

#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/store.h"
#include "common/store/sweeps.h"
#include "spreader/stats.h"

#define SWEEP_MS 1000
#define SWEEP_MOST 200 /* of each kind in one call; a few ms of Redis */

struct shard {
    struct spread_sweeper *sweeper;
    unsigned number;
    struct wsub_timer timer;
};

struct spread_sweeper {
    struct spread_sweeper_options o;
    struct shard *shards; /* owned */
};

static void on_swept(enum wsub_err err, const struct wsub_swept *swept,
                     void *arg)
{
    struct shard *shard = arg;

    if (err != WSUB_OK) {
        wsub_timer_start_ms(&shard->timer, SWEEP_MS);
        return;
    }
    wsub_metric_add(&spread_stats[SPREAD_STAT_LEASES_ENDED], swept->leases);
    wsub_timer_start_ms(&shard->timer, swept->more ? 0 : SWEEP_MS);
}

static void on_due(void *arg)
{
    struct shard *shard = arg;
    const struct spread_sweeper_options *o = &shard->sweeper->o;
    struct wsub_sweep sweep = {
        .shard = shard->number,
        .retention_ms = (uint64_t)o->config->retention_s * 1000,
        .dead_letter_retention_ms =
            (uint64_t)o->config->dead_letter_retention_s * 1000,
        .most = SWEEP_MOST,
    };

    if (wsub_sweep(o->store, &sweep, on_swept, shard) != WSUB_OK)
        wsub_timer_start_ms(&shard->timer, SWEEP_MS);
}

struct spread_sweeper *
spread_sweeper_new(const struct spread_sweeper_options *options)
{
    struct spread_sweeper *sweeper = wsub_calloc(1, sizeof(*sweeper));
    unsigned shards = wsub_store_shards(options->store);

    sweeper->o = *options;
    sweeper->shards = wsub_calloc(shards, sizeof(*sweeper->shards));
    for (unsigned i = 0; i < shards; i++) {
        struct shard *shard = &sweeper->shards[i];

        shard->sweeper = sweeper;
        shard->number = i;
        wsub_timer_init(&shard->timer, wsub_loop_base(options->loop), on_due,
                        shard);
        /* Spread over a second. */
        wsub_timer_start_ms(&shard->timer, SWEEP_MS * (i + 1) / shards);
    }
    return sweeper;
}

void spread_sweeper_free(struct spread_sweeper *sweeper)
{
    if (sweeper == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(sweeper->o.store); i++)
        wsub_timer_done(&sweeper->shards[i].timer);
    free(sweeper->shards);
    free(sweeper);
}
