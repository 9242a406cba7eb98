/* test_attempt_flush.c - when attempts go to Redis: deliver/attempt_flush.h. */
#include "deliver/attempt_flush.h"

#include "deliver/attempt_buffer.h"
#include "tests/unit/redis_fixture.h"

#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define ARGUMENTS 3 /* of a subscription */

static struct deliver_attempt_buffer *buffer;
static struct deliver_attempt_flush *flush;

static void set_up(void)
{
    redis_set_up_shards(2);
    buffer = deliver_attempt_buffer_new(2);
    flush = deliver_attempt_flush_new(base, store, buffer);
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_attempt_flush_free(flush);
    deliver_attempt_buffer_free(buffer);
    redis_tear_down();
}

/* Notes an attempt that ended `age_ms` ago. */
static void note(unsigned shard, unsigned subscription, bool is_delivered,
                 uint64_t age_ms)
{
    char cd[WSUB_DIGEST_LEN + 1];

    snprintf(cd, sizeof(cd), "%08u00000000000000", subscription);
    deliver_attempt_buffer_note(
        buffer, shard, TD, cd,
        &(struct wsub_attempt){.at_ms = wsub_store_time_ms(store) - age_ms,
                               .status = is_delivered ? 200 : 500},
        is_delivered);
    deliver_attempt_flush_plan(flush);
}

/* Takes the next call; returns for how many subscriptions it is. */
static size_t take(void)
{
    struct redis_command *command = redis_wait("attempts");
    size_t count = 0;

    while (redis_arg(command, count * ARGUMENTS) != NULL)
        count++;
    redis_reply(command, ":1\r\n");
    return count;
}

START_TEST(a_failure_goes_a_second_later)
{
    uint64_t begin_ms = wsub_now_ms();
    struct redis_command *command;

    note(1, 7, false, 0);
    command = redis_wait("attempts");
    ck_assert_uint_ge(wsub_now_ms() - begin_ms, 1000);
    ck_assert_uint_eq(redis_shard(command), 1);
    ck_assert_str_eq(redis_arg(command, 0), TD);
    ck_assert_str_eq(redis_arg(command, 1), "0000000700000000000000");
    ck_assert_uint_eq(take(), 1);
}
END_TEST

START_TEST(what_failed_a_second_ago_goes_at_once)
{
    note(0, 1, false, 1500);
    note(0, 2, false, 1500);
    note(1, 3, false, 1500);
    ck_assert_uint_eq(take(), 2);
    ck_assert_uint_eq(take(), 1);
    ck_assert_uint_eq(
        deliver_attempt_buffer_unflushed(buffer, DELIVER_UNFLUSHED_FAILURES),
        0);
}
END_TEST

START_TEST(totals_wait_for_a_minute)
{
    note(0, 1, true, 70000);
    note(0, 2, true, 50000);
    ck_assert_str_eq(redis_arg(redis_wait("attempts"), 1),
                     "0000000100000000000000");
    ck_assert_uint_eq(take(), 1);
    redis_turn_ms(1100);
    ck_assert_ptr_null(redis_find("attempts"));
}
END_TEST

START_TEST(totals_do_not_wait_when_there_are_many)
{
    for (unsigned i = 0; i <= DELIVER_UNFLUSHED_MAX / 2; i++)
        note(0, i, true, 0);
    ck_assert_uint_eq(take(), 128);
    ck_assert_uint_le(
        deliver_attempt_buffer_unflushed(buffer, DELIVER_UNFLUSHED_TOTALS),
        DELIVER_UNFLUSHED_MAX / 2);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("attempts"));
}
END_TEST

START_TEST(a_little_goes_at_a_time)
{
    for (unsigned i = 0; i < 300; i++)
        note(0, i, false, 2000);
    ck_assert_uint_eq(take(), 128);
    ck_assert_uint_eq(take(), 128);
    ck_assert_uint_eq(take(), 44);
}
END_TEST

START_TEST(a_failure_does_not_wait_for_the_slow_look_at_totals)
{
    note(0, 1, true, 0);
    redis_turn_ms(50);
    note(0, 2, false, 5000);
    ck_assert_uint_eq(take(), 1);
}
END_TEST

START_TEST(all_goes_at_the_end)
{
    for (unsigned i = 0; i < 130; i++)
        note(0, i, false, 0);
    note(1, 500, true, 0);
    deliver_attempt_flush_all(flush);
    ck_assert_uint_eq(take(), 128);
    ck_assert_uint_eq(take(), 2);
    ck_assert_uint_eq(take(), 1);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("attempts"));
}
END_TEST

START_TEST(what_a_lost_link_left_is_repeated)
{
    note(0, 1, false, 2000);
    redis_wait("attempts");
    redis_drop();
    ck_assert_uint_eq(take(), 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("attempt_flush");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_failure_goes_a_second_later);
    tcase_add_test(cases, what_failed_a_second_ago_goes_at_once);
    tcase_add_test(cases, totals_wait_for_a_minute);
    tcase_add_test(cases, totals_do_not_wait_when_there_are_many);
    tcase_add_test(cases, a_little_goes_at_a_time);
    tcase_add_test(cases, a_failure_does_not_wait_for_the_slow_look_at_totals);
    tcase_add_test(cases, all_goes_at_the_end);
    tcase_add_test(cases, what_a_lost_link_left_is_repeated);
    return suite_run("attempt_flush", cases);
}
