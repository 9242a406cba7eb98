#include "spreader/shard.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct spread_shards {
    struct spread_shards_options o;
    struct spread_shard *all; /* owned */
};

struct spread_shards *
spread_shards_new(const struct spread_shards_options *options)
{
    struct spread_shards *shards = wsub_calloc(1, sizeof(*shards));

    shards->o = *options;
    shards->all = wsub_calloc(options->count, sizeof(*shards->all));
    for (unsigned i = 0; i < options->count; i++) {
        shards->all[i].owned.shard = i;
        shards->all[i].shards = shards;
    }
    return shards;
}

void spread_shards_free(struct spread_shards *shards)
{
    if (shards == NULL)
        return;
    free(shards->all);
    free(shards);
}

struct spread_shard *spread_shards_open(struct spread_shards *shards,
                                        const struct wsub_owned *owned)
{
    struct spread_shard *shard = &shards->all[owned->shard];

    shard->owned = *owned;
    shard->open = true;
    return shard;
}

static void end_if_over(const struct spread_shard *shard)
{
    const struct spread_shards_options *o = &shard->shards->o;

    if (!shard->open && shard->under_way == 0)
        o->on_ended(shard->owned.shard, o->arg);
}

void spread_shards_close(struct spread_shards *shards, unsigned number)
{
    struct spread_shard *shard = &shards->all[number];

    shard->open = false;
    end_if_over(shard);
}

void spread_shard_sent(struct spread_shard *shard)
{
    shard->under_way++;
}

bool spread_shard_replied(struct spread_shard *shard, enum wsub_err err)
{
    const struct spread_shards_options *o = &shard->shards->o;

    shard->under_way--;
    if (!shard->open)
        end_if_over(shard);
    else if (err == WSUB_ERR_FENCED)
        o->on_fenced(&shard->owned, o->arg);
    return shard->open && err != WSUB_ERR_FENCED;
}
