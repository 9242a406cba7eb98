#include "common/program/tally.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/store.h"

#define EVERY_MS 5000

struct wsub_tally {
    struct wsub_tally_options o;
    struct wsub_timer every;
    struct wsub_sums told; /* since the process began */
};

static void count_all(const struct wsub_tally *tally, struct wsub_sums *ret_all)
{
    *ret_all = (struct wsub_sums){0};
    for (size_t i = 0; i < tally->o.count; i++)
        ret_all->counts[tally->o.counts[i].sum] +=
            tally->o.counts[i].row->value;
    for (size_t row = 0; row < tally->o.delay_count; row++)
        for (size_t i = 0; i <= WSUB_BUCKETS_MAX; i++)
            ret_all->delays[i] += tally->o.delays[row].counts[i];
}

static struct wsub_sums difference(const struct wsub_sums *all,
                                   const struct wsub_sums *told)
{
    struct wsub_sums found;

    for (size_t i = 0; i < WSUB_SUM_MAX_; i++)
        found.counts[i] = all->counts[i] - told->counts[i];
    for (size_t i = 0; i <= WSUB_BUCKETS_MAX; i++)
        found.delays[i] = all->delays[i] - told->delays[i];
    return found;
}

void wsub_tally_now(struct wsub_tally *tally)
{
    struct wsub_sums all, since;
    struct wsub_sums_waiting waiting = {0};
    bool knows =
        tally->o.waiting != NULL && tally->o.waiting(tally->o.arg, &waiting);

    if (!wsub_store_up(tally->o.store))
        return;
    count_all(tally, &all);
    since = difference(&all, &tally->told);
    if (wsub_sums_add(tally->o.store, &since, knows ? &waiting : NULL) ==
        WSUB_OK)
        tally->told = all;
}

static void on_every(void *arg)
{
    wsub_tally_now(arg);
}

struct wsub_tally *wsub_tally_new(const struct wsub_tally_options *options)
{
    struct wsub_tally *tally = wsub_calloc(1, sizeof(*tally));

    tally->o = *options;
    wsub_timer_every_ms(&tally->every, options->base, EVERY_MS, on_every,
                        tally);
    return tally;
}

void wsub_tally_free(struct wsub_tally *tally)
{
    if (tally == NULL)
        return;
    wsub_timer_done(&tally->every);
    free(tally);
}
