/* test_shard.c - when a shard is over, by spreader/shard.h. */
#include "tests/unit/shard_fixture.h"

static void on_closing(unsigned number)
{
    (void)number;
}

static void set_up(void)
{
    config.shards = 2;
    shard_set_up(on_closing);
}

START_TEST(a_closed_shard_is_over_when_its_last_call_is)
{
    spread_shard_sent(shard);
    spread_shard_sent(shard);
    ck_assert(spread_shard_replied(shard, WSUB_OK));
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 0);
    ck_assert(!spread_shard_replied(shard, WSUB_OK));
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(a_shard_without_calls_is_over_at_once)
{
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(the_first_refusal_closes_the_shard)
{
    spread_shard_sent(shard);
    spread_shard_sent(shard);
    ck_assert(!spread_shard_replied(shard, WSUB_ERR_FENCED));
    ck_assert(!shard->open);
    ck_assert_uint_eq(fenced, 1);
    ck_assert_uint_eq(ended, 0);
    ck_assert(!spread_shard_replied(shard, WSUB_ERR_FENCED));
    ck_assert_uint_eq(fenced, 1);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(other_errors_leave_it_open)
{
    spread_shard_sent(shard);
    ck_assert(spread_shard_replied(shard, WSUB_ERR_UNAVAILABLE));
    ck_assert(shard->open);
}
END_TEST

START_TEST(a_shard_may_be_opened_again_under_another_epoch)
{
    spread_shards_close(shards, 0);
    ck_assert_ptr_eq(spread_shards_open(shards, &(struct wsub_owned){0, 6}),
                     shard);
    ck_assert_uint_eq(shard->owned.epoch, 6);
    ck_assert(shard->open);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("shard");

    tcase_add_checked_fixture(cases, set_up, shard_tear_down);
    tcase_add_test(cases, a_closed_shard_is_over_when_its_last_call_is);
    tcase_add_test(cases, a_shard_without_calls_is_over_at_once);
    tcase_add_test(cases, the_first_refusal_closes_the_shard);
    tcase_add_test(cases, other_errors_leave_it_open);
    tcase_add_test(cases, a_shard_may_be_opened_again_under_another_epoch);
    return suite_run("shard", cases);
}
