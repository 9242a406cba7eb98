#include "deliver/host/bucket.h"

#include <assert.h>

#define TOKEN 1000000u      /* a microsecond brings `rate` millionths */
#define FULL_AFTER_US TOKEN /* whatever the rate: see full() */

/* The burst, and what a microsecond brings beyond a token: else that would be
 * lost each time. */
static uint64_t full(const struct deliver_bucket *bucket)
{
    uint64_t burst = bucket->rate < 20 ? 1 : bucket->rate / 10;

    return bucket->rate == 0 ? 0 : burst * TOKEN + bucket->rate - 1;
}

static uint64_t level(const struct deliver_bucket *bucket, uint64_t now_us)
{
    uint64_t passed_us = now_us > bucket->at_us ? now_us - bucket->at_us : 0;
    uint64_t sum;

    if (passed_us >= FULL_AFTER_US)
        return full(bucket);
    sum = bucket->level + passed_us * bucket->rate;
    return sum < full(bucket) ? sum : full(bucket);
}

void deliver_bucket_init(struct deliver_bucket *bucket, uint32_t rate,
                         uint64_t now_us)
{
    *bucket = (struct deliver_bucket){.rate = rate, .at_us = now_us};
    bucket->level = full(bucket);
}

uint64_t deliver_bucket_next_us(const struct deliver_bucket *bucket,
                                uint64_t now_us)
{
    uint64_t have = level(bucket, now_us);

    if (bucket->rate == 0 || have >= TOKEN)
        return now_us;
    return now_us + (TOKEN - have + bucket->rate - 1) / bucket->rate;
}

void deliver_bucket_take(struct deliver_bucket *bucket, uint64_t now_us)
{
    if (bucket->rate == 0)
        return;
    bucket->level = level(bucket, now_us);
    if (now_us > bucket->at_us)
        bucket->at_us = now_us;
    assert(bucket->level >= TOKEN);
    bucket->level -= TOKEN;
}

bool deliver_bucket_is_full(const struct deliver_bucket *bucket,
                            uint64_t now_us)
{
    return bucket->rate == 0 || level(bucket, now_us) == full(bucket);
}
