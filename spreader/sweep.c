#include "spreader/sweep.h"

#include <stdlib.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "spreader/spreader.h"
#include "spreader/stats.h"

#define SWEEP_MS 1000
#define SWEEP_LIMIT 200 /* of each kind in one call; a few ms of Redis */

struct shard {
    struct spread_sweeper *sweeper;
    unsigned number;
    struct event *timer; /* owned */
};

struct spread_sweeper {
    struct spreader *s;   /* borrowed; outlives the sweeper */
    struct shard *shards; /* owned */
};

static void plan(struct shard *shard, unsigned ms)
{
    struct timeval wait = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

    event_add(shard->timer, &wait);
}

static void on_swept(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct shard *shard = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("sweep-refused", WSUB_KU("shard", shard->number),
                      WSUB_KV("error", reply->str));
    if (err != WSUB_OK) {
        plan(shard, SWEEP_MS);
        return;
    }
    spread_stat_add(SPREAD_STAT_LEASES_ENDED,
                    (uint64_t)reply->element[0]->integer);
    plan(shard, reply->element[3]->integer != 0 ? 0 : SWEEP_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct shard *shard = arg;
    const struct spreader *s = shard->sweeper->s;
    struct wsub_cmd cmd;

    (void)fd;
    (void)what;
    wsub_store_script(&cmd, s->store, shard->number, WSUB_SCRIPT_SWEEP);
    wsub_cmd_u64(&cmd, (uint64_t)s->config->retention_s * 1000);
    wsub_cmd_u64(&cmd, (uint64_t)s->config->dead_letter_retention_s * 1000);
    wsub_cmd_u64(&cmd, SWEEP_LIMIT);
    if (wsub_store_send(s->store, shard->number, &cmd, on_swept, shard) !=
        WSUB_OK)
        plan(shard, SWEEP_MS);
}

struct spread_sweeper *spread_sweeper_new(struct spreader *s)
{
    struct spread_sweeper *sweeper = wsub_calloc(1, sizeof(*sweeper));
    unsigned shards = wsub_store_shards(s->store);

    sweeper->s = s;
    sweeper->shards = wsub_calloc(shards, sizeof(*sweeper->shards));
    for (unsigned i = 0; i < shards; i++) {
        struct shard *shard = &sweeper->shards[i];

        shard->sweeper = sweeper;
        shard->number = i;
        shard->timer = evtimer_new(wsub_loop_base(s->loop), on_timer, shard);
        plan(shard, SWEEP_MS * (i + 1) / shards); /* spread over a second */
    }
    return sweeper;
}

void spread_sweeper_free(struct spread_sweeper *sweeper)
{
    if (sweeper == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(sweeper->s->store); i++)
        event_free(sweeper->shards[i].timer);
    free(sweeper->shards);
    free(sweeper);
}
