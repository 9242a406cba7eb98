#include "common/base/bucket.h"

#include <assert.h>

#define TOKEN 1000000u /* a microsecond brings `rate` millionths */

/* The burst, and what a microsecond brings beyond a token: else that would be
 * lost each time. */
static uint64_t full(const struct wsub_bucket *bucket)
{
    if (bucket->rate == 0)
        return 0;
    return (uint64_t)bucket->burst * TOKEN + bucket->rate - 1;
}

static uint64_t level(const struct wsub_bucket *bucket, uint64_t now_us)
{
    uint64_t passed_us = now_us > bucket->at_us ? now_us - bucket->at_us : 0;
    uint64_t sum;

    if (bucket->rate == 0 || passed_us > full(bucket) / bucket->rate)
        return full(bucket);
    sum = bucket->level + passed_us * bucket->rate;
    return sum < full(bucket) ? sum : full(bucket);
}

/* Nobody waits for more than the bucket holds. */
static uint64_t cost(const struct wsub_bucket *bucket, uint32_t tokens)
{
    return (uint64_t)(tokens < bucket->burst ? tokens : bucket->burst) * TOKEN;
}

void wsub_bucket_init_burst(struct wsub_bucket *bucket, uint32_t rate,
                            uint32_t burst, uint64_t now_us)
{
    *bucket = (struct wsub_bucket){
        .rate = rate, .burst = burst > 0 ? burst : 1, .at_us = now_us};
    bucket->level = full(bucket);
}

void wsub_bucket_init(struct wsub_bucket *bucket, uint32_t rate,
                      uint64_t now_us)
{
    wsub_bucket_init_burst(bucket, rate, rate / 10, now_us);
}

uint64_t wsub_bucket_next_of_us(const struct wsub_bucket *bucket,
                                uint32_t tokens, uint64_t now_us)
{
    uint64_t have = level(bucket, now_us), wanted = cost(bucket, tokens);

    if (bucket->rate == 0 || have >= wanted)
        return now_us;
    return now_us + (wanted - have + bucket->rate - 1) / bucket->rate;
}

void wsub_bucket_take_of(struct wsub_bucket *bucket, uint32_t tokens,
                         uint64_t now_us)
{
    uint64_t wanted = cost(bucket, tokens);

    if (bucket->rate == 0)
        return;
    bucket->level = level(bucket, now_us);
    if (now_us > bucket->at_us)
        bucket->at_us = now_us;
    assert(bucket->level >= wanted);
    bucket->level -= wanted;
}

uint64_t wsub_bucket_next_us(const struct wsub_bucket *bucket, uint64_t now_us)
{
    return wsub_bucket_next_of_us(bucket, 1, now_us);
}

void wsub_bucket_take(struct wsub_bucket *bucket, uint64_t now_us)
{
    wsub_bucket_take_of(bucket, 1, now_us);
}

bool wsub_bucket_is_full(const struct wsub_bucket *bucket, uint64_t now_us)
{
    return bucket->rate == 0 || level(bucket, now_us) == full(bucket);
}
