#include "hub/group_rates.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/bucket.h"
#include "common/base/mem.h"
#include "common/groups/policy.h"

struct rate {
    char *group; /* owned */
    struct wsub_bucket bucket;
    UT_hash_handle hh;
};

struct hub_group_rates {
    struct rate *by_group; /* owned */
};

struct hub_group_rates *hub_group_rates_new(void)
{
    return wsub_calloc(1, sizeof(struct hub_group_rates));
}

void hub_group_rates_free(struct hub_group_rates *rates)
{
    struct rate *rate, *next;

    if (rates == NULL)
        return;
    HASH_ITER(hh, rates->by_group, rate, next)
    {
        assert(rates->by_group != NULL); /* the rate is in it */
        HASH_DELETE(hh, rates->by_group, rate);
        free(rate->group);
        free(rate);
    }
    free(rates);
}

/* Where the group has another rate than before its bucket is full. */
static struct rate *find(struct hub_group_rates *rates,
                         const struct wsub_policy *policy, uint64_t now_us)
{
    size_t len = strlen(policy->group);
    struct rate *rate;

    HASH_FIND(hh, rates->by_group, policy->group, len, rate);
    if (rate == NULL) {
        rate = wsub_calloc(1, sizeof(*rate));
        rate->group = wsub_strdup(policy->group);
        HASH_ADD_KEYPTR(hh, rates->by_group, rate->group, len, rate);
    }
    if (rate->bucket.rate != policy->publish_rate)
        wsub_bucket_init_burst(&rate->bucket, policy->publish_rate,
                               policy->publish_rate, now_us);
    return rate;
}

uint32_t hub_group_rates_take(struct hub_group_rates *rates,
                              const struct wsub_policy *policy, uint64_t now_us)
{
    struct wsub_bucket *bucket;
    uint64_t next_us;

    if (policy->group == NULL || policy->publish_rate == 0)
        return 0;
    bucket = &find(rates, policy, now_us)->bucket;
    next_us = wsub_bucket_next_us(bucket, now_us);
    if (next_us > now_us)
        return (uint32_t)((next_us - now_us + 999999) / 1000000);
    wsub_bucket_take(bucket, now_us);
    return 0;
}
