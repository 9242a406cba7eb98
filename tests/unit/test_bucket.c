/* test_bucket.c - the token bucket of deliver/bucket.h. */
#include "common/base/bucket.h"
#include "tests/unit/suite.h"

#define START_US 7u /* a machine that has just booted */

static const struct {
    uint32_t rate;
    uint32_t burst;   /* starts at once */
    uint64_t next_us; /* the one after that, from the start */
} rates[] = {
    {1, 1, 1000000},      {2, 1, 500000},     {3, 1, 333333},
    {10, 1, 100000},      {19, 1, 52631},     {20, 2, 50000},
    {100, 10, 10000},     {300000, 30000, 3}, {999999, 99999, 1},
    {1000000, 100000, 1},
};

START_TEST(a_burst_goes_at_once_the_next_when_its_token_comes)
{
    struct wsub_bucket bucket;
    uint64_t next_us;

    wsub_bucket_init(&bucket, rates[_i].rate, START_US);
    for (uint32_t i = 0; i < rates[_i].burst; i++) {
        ck_assert_uint_eq(wsub_bucket_next_us(&bucket, START_US), START_US);
        wsub_bucket_take(&bucket, START_US);
    }
    next_us = START_US + rates[_i].next_us;
    ck_assert_uint_eq(wsub_bucket_next_us(&bucket, START_US), next_us);
    ck_assert_uint_gt(wsub_bucket_next_us(&bucket, next_us - 1), next_us - 1);
    ck_assert_uint_eq(wsub_bucket_next_us(&bucket, next_us), next_us);
}
END_TEST

START_TEST(no_part_of_a_token_is_lost)
{
    struct wsub_bucket bucket;
    uint64_t now_us = START_US;

    wsub_bucket_init(&bucket, 3, now_us);
    wsub_bucket_take(&bucket, now_us);
    for (int i = 0; i < 3000; i++) {
        now_us = wsub_bucket_next_us(&bucket, now_us);
        wsub_bucket_take(&bucket, now_us);
    }
    ck_assert_uint_eq(now_us, START_US + 1000 * 1000000u);
}
END_TEST

START_TEST(no_more_is_saved_than_the_burst)
{
    struct wsub_bucket bucket;
    uint64_t now_us = START_US;

    wsub_bucket_init(&bucket, 20, now_us);
    wsub_bucket_take(&bucket, now_us);
    ck_assert(!wsub_bucket_is_full(&bucket, now_us + 49999));
    ck_assert(wsub_bucket_is_full(&bucket, now_us + 50000));
    now_us += UINT64_C(1) << 60;
    ck_assert(wsub_bucket_is_full(&bucket, now_us));
    wsub_bucket_take(&bucket, now_us);
    wsub_bucket_take(&bucket, now_us);
    ck_assert_uint_eq(wsub_bucket_next_us(&bucket, now_us), now_us + 50000);
}
END_TEST

START_TEST(rate_0_limits_nothing)
{
    struct wsub_bucket bucket;

    wsub_bucket_init(&bucket, 0, START_US);
    for (int i = 0; i < 1000; i++)
        wsub_bucket_take(&bucket, START_US);
    ck_assert_uint_eq(wsub_bucket_next_us(&bucket, START_US), START_US);
    ck_assert(wsub_bucket_is_full(&bucket, START_US));
}
END_TEST

START_TEST(a_time_before_the_last_one_brings_nothing)
{
    struct wsub_bucket bucket;

    wsub_bucket_init(&bucket, 1, 5000000);
    wsub_bucket_take(&bucket, 5000000);
    ck_assert_uint_eq(wsub_bucket_next_us(&bucket, 4000000), 5000000);
    ck_assert_uint_eq(wsub_bucket_next_us(&bucket, 5000000), 6000000);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("bucket");

    tcase_add_loop_test(cases,
                        a_burst_goes_at_once_the_next_when_its_token_comes, 0,
                        COUNT(rates));
    tcase_add_test(cases, no_part_of_a_token_is_lost);
    tcase_add_test(cases, no_more_is_saved_than_the_burst);
    tcase_add_test(cases, rate_0_limits_nothing);
    tcase_add_test(cases, a_time_before_the_last_one_brings_nothing);
    return suite_run("bucket", cases);
}
