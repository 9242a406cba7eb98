#include "hub/pull/start.h"

#include "common/base/mem.h"
#include "common/store/store.h"

static bool is_before(const struct wsub_place *a, const struct wsub_place *b)
{
    return a->ms != b->ms ? a->ms < b->ms : a->seq < b->seq;
}

#define EARLIER_MS 2000 /* links to Redis are built anew within that */

static struct wsub_place beside(const struct hub_pull_start *start,
                                unsigned shard)
{
    struct wsub_place place = {.shard = shard};
    const struct wsub_place *known =
        start->known != NULL ? wsub_pull_cursors_find(start->known, shard)
                             : NULL;

    if (known != NULL)
        return *known;
    if (start->event.ms > EARLIER_MS)
        place.ms = start->event.ms - EARLIER_MS;
    return place;
}

static struct wsub_place place_in(const struct hub_pull_start *start,
                                  unsigned shard,
                                  const struct wsub_pull_tail *tail)
{
    struct wsub_place place = tail->last;

    if (start->from == HUB_PULL_EARLIEST)
        place = tail->before_first;
    else if (start->from == HUB_PULL_EVENT)
        place =
            start->event.shard == shard ? start->event : beside(start, shard);
    if (is_before(&tail->last, &place))
        place = tail->last;
    place.shard = shard;
    return place;
}

void hub_pull_start_cursors(const struct hub_pull_start *start,
                            const struct hub_pull_topics *topics,
                            const struct wsub_store *store,
                            const struct wsub_pull_tail *tails,
                            struct wsub_pull_cursors *ret_cursors)
{
    unsigned shards = wsub_store_shards(store);

    ret_cursors->places = wsub_calloc(shards, sizeof(struct wsub_place));
    ret_cursors->count = 0;
    for (unsigned i = 0; i < shards; i++)
        if (topics->shards[i])
            ret_cursors->places[ret_cursors->count++] =
                place_in(start, i, &tails[i]);
}
