#include "spreader/waiting.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/store/waiting.h"
#include "spreader/pace.h"
#include "spreader/shard.h"

#define LOOK_MS 5000
#define FIRST_MS 1000 /* the first looks are spread over so long */

struct shard {
    struct spread_waiting *waiting;
    struct spread_shard *shard; /* borrowed */
    struct spread_round round;
    bool known;
    struct wsub_waiting found; /* last, when known */
};

struct spread_waiting {
    struct wsub_store *store; /* borrowed; outlives it */
    struct shard *shards;     /* owned */
    unsigned count;           /* of them */
};

static void on_waiting(enum wsub_err err, const struct wsub_waiting *found,
                       void *arg)
{
    struct shard *shard = arg;

    spread_round_over(&shard->round);
    if (!spread_shard_replied(shard->shard, err))
        return;
    if (err == WSUB_OK)
        shard->found = *found;
    shard->known = err == WSUB_OK;
    spread_round_start_ms(&shard->round, LOOK_MS);
}

static void on_round(void *arg)
{
    struct shard *shard = arg;

    spread_shard_sent(shard->shard);
    wsub_waiting(shard->waiting->store, shard->shard->owned.shard, on_waiting,
                 shard);
}

static void give_entries(struct wsub_metric_samples *samples, void *arg)
{
    const struct spread_waiting *waiting = arg;

    for (unsigned i = 0; i < waiting->count; i++)
        for (size_t q = 0; waiting->shards[i].known && q < WSUB_QUEUE_MAX_; q++)
            wsub_metric_sample(samples,
                               waiting->shards[i].found.queues[q].entries,
                               "shard=\"%u\",queue=\"%s\"", i,
                               wsub_queue_name((enum wsub_queue)q));
}

static void give_oldest(struct wsub_metric_samples *samples, void *arg)
{
    const struct spread_waiting *waiting = arg;

    for (unsigned i = 0; i < waiting->count; i++)
        for (size_t q = 0; waiting->shards[i].known && q < WSUB_QUEUE_MAX_;
             q++) {
            int64_t ms = waiting->shards[i].found.queues[q].oldest_ms;

            if (wsub_queue_has_age((enum wsub_queue)q))
                wsub_metric_sample(samples, ms > 0 ? (uint64_t)ms : 0,
                                   "shard=\"%u\",queue=\"%s\"", i,
                                   wsub_queue_name((enum wsub_queue)q));
        }
}

static void give_subscriptions(struct wsub_metric_samples *samples, void *arg)
{
    const struct spread_waiting *waiting = arg;

    for (unsigned i = 0; i < waiting->count; i++) {
        const struct wsub_waiting *found = &waiting->shards[i].found;
        uint64_t others = found->urls + found->wildcards;

        if (!waiting->shards[i].known)
            continue;
        wsub_metric_sample(samples, found->urls, "shard=\"%u\",kind=\"url\"",
                           i);
        wsub_metric_sample(
            samples,
            found->subscriptions > others ? found->subscriptions - others : 0,
            "shard=\"%u\",kind=\"dotted\"", i);
        wsub_metric_sample(samples, found->wildcards,
                           "shard=\"%u\",kind=\"wildcard\"", i);
    }
}

static void add_families(struct spread_waiting *waiting)
{
    const struct wsub_metric_family families[] = {
        {"websubd_waiting_entries",
         "What waits in each queue of the shards that this process owns",
         WSUB_GAUGE, give_entries, waiting},
        {"websubd_waiting_oldest_seconds",
         "For how long the oldest entry of a queue waits, 0 without any",
         WSUB_GAUGE_MS, give_oldest, waiting},
        {"websubd_subscriptions",
         "Active subscriptions of the shards that this process owns, to URLs, "
         "to dotted topics or to all of these",
         WSUB_GAUGE, give_subscriptions, waiting},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
        wsub_metrics_add_family(&families[i]);
}

struct spread_waiting *spread_waiting_new(struct spread_pace *pace,
                                          struct wsub_store *store,
                                          unsigned shards)
{
    struct spread_waiting *waiting = wsub_calloc(1, sizeof(*waiting));

    waiting->store = store;
    waiting->count = shards;
    waiting->shards = wsub_calloc(shards, sizeof(*waiting->shards));
    for (unsigned i = 0; i < shards; i++) {
        waiting->shards[i].waiting = waiting;
        spread_round_init(&waiting->shards[i].round, pace, on_round,
                          &waiting->shards[i]);
    }
    add_families(waiting);
    return waiting;
}

void spread_waiting_free(struct spread_waiting *waiting)
{
    if (waiting == NULL)
        return;
    wsub_metrics_forget(waiting);
    for (unsigned i = 0; i < waiting->count; i++)
        spread_round_done(&waiting->shards[i].round);
    free(waiting->shards);
    free(waiting);
}

void spread_waiting_open(struct spread_waiting *waiting,
                         struct spread_shard *open_shard)
{
    unsigned number = open_shard->owned.shard;
    struct shard *shard = &waiting->shards[number];

    shard->shard = open_shard;
    spread_round_start_ms(&shard->round,
                          FIRST_MS * (number + 1) / waiting->count);
}

void spread_waiting_close(struct spread_waiting *waiting, unsigned number)
{
    spread_round_stop(&waiting->shards[number].round);
    waiting->shards[number].known = false;
}

/* Work: somebody is to do it; the age of what waits for a time of its own, or for
 * a subscriber, says nothing about how the system does. */
static void add_work(const struct wsub_waiting *found,
                     struct wsub_sums_waiting *sum)
{
    for (size_t q = 0; q < WSUB_QUEUE_DEAD; q++) {
        const struct wsub_queue_waiting *queue = &found->queues[q];
        bool is_prompt = q == WSUB_QUEUE_LOG || q == WSUB_QUEUE_OPEN ||
                         q == WSUB_QUEUE_OUTBOX || q == WSUB_QUEUE_BULK;

        sum->entries += queue->entries;
        if (is_prompt && queue->oldest_ms > (int64_t)sum->oldest_ms)
            sum->oldest_ms = (uint64_t)queue->oldest_ms;
    }
}

bool spread_waiting_sum(void *arg, struct wsub_sums_waiting *ret_sum)
{
    const struct spread_waiting *waiting = arg;
    bool knows = false;

    *ret_sum = (struct wsub_sums_waiting){0};
    for (unsigned i = 0; i < waiting->count; i++)
        if (waiting->shards[i].known) {
            add_work(&waiting->shards[i].found, ret_sum);
            knows = true;
        }
    return knows;
}
