/* shard_fixture.h - shards that this process owns, for one part of the spreader
 * at a time; and what they tell. */
#ifndef TESTS_UNIT_SHARD_FIXTURE_H
#define TESTS_UNIT_SHARD_FIXTURE_H

#include "spreader/shard.h"
#include "tests/unit/redis_fixture.h"

#define EPOCH "5"
#define FENCED "-FENCED epoch 5 is over\r\n"

static struct spread_shards *shards;
static struct spread_shard *shard; /* number 0, open */
static unsigned fenced, ended;     /* calls */
/* What closes the part that is tested. */
static void (*shard_on_fenced)(unsigned number);

static void on_shard_fenced(const struct wsub_owned *owned, void *arg)
{
    (void)arg;
    fenced++;
    ck_assert_uint_eq(owned->epoch, 5);
    shard_on_fenced(owned->shard);
    spread_shards_close(shards, owned->shard);
}

static void on_shard_ended(unsigned number, void *arg)
{
    (void)number;
    (void)arg;
    ended++;
}

/* After the store is up. */
REDIS_FIXTURE void shard_set_up(void (*on_fenced)(unsigned number))
{
    fenced = ended = 0;
    shard_on_fenced = on_fenced;
    shards = spread_shards_new(&(struct spread_shards_options){
        .count = config.shards,
        .on_fenced = on_shard_fenced,
        .on_ended = on_shard_ended,
    });
    shard = spread_shards_open(shards, &(struct wsub_owned){0, 5});
}

REDIS_FIXTURE void shard_tear_down(void)
{
    spread_shards_free(shards);
}

#endif
