/* test_promoter.c - when due work is promoted, by spreader/promoter.h. */
#include "spreader/promoter.h"

#include "tests/unit/shard_fixture.h"

#define NONE "*2\r\n:0\r\n:-1\r\n"
#define SOON "*2\r\n:1\r\n:60\r\n"
#define NOW "*2\r\n:1\r\n:0\r\n"
#define LATE "*2\r\n:1\r\n:900000\r\n"
#define FULL "*2\r\n:500\r\n:900000\r\n"

static struct spread_promoter *promoter;

static void on_closing(unsigned number)
{
    spread_promoter_close(promoter, number);
}

static void set_up(void)
{
    redis_set_up_store();
    redis_held = "promote";
    shard_set_up(on_closing);
    promoter = spread_promoter_new(base, store, 1);
    spread_promoter_open(promoter, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_promoter_free(promoter);
    shard_tear_down();
    redis_tear_down();
}

static void reply(const char *text)
{
    redis_reply(redis_wait("promote"), text);
    WAIT_FOR(base, shard->under_way == 0);
}

START_TEST(an_open_shard_is_looked_at_at_once)
{
    redis_check_args(redis_wait("promote"),
                     (const char *[]){EPOCH, "500", "5", NULL});
}
END_TEST

START_TEST(the_next_look_is_when_the_next_entry_is_due)
{
    uint64_t begin_ms = wsub_now_ms(); /* before the pause can begin */

    reply(SOON);
    redis_wait("promote");
    ck_assert_uint_ge(wsub_now_ms() - begin_ms, 55);
}
END_TEST

START_TEST(what_is_due_within_some_ms_goes_together)
{
    uint64_t begin_ms = wsub_now_ms();

    for (int i = 0; i < 10; i++)
        reply(NOW);
    redis_wait("promote");
    ck_assert_uint_ge(wsub_now_ms() - begin_ms, 30);
}
END_TEST

START_TEST(what_a_call_could_not_move_follows_at_once)
{
    for (int i = 0; i < 20; i++)
        redis_reply(redis_wait("promote"), FULL);
}
END_TEST

static const char *const long_sleeps[] = {NONE, LATE};

START_TEST(a_wake_ends_the_sleep)
{
    reply(long_sleeps[_i]);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("promote"));
    spread_promoter_wake(promoter, 0);
    redis_wait("promote");
}
END_TEST

START_TEST(a_wake_during_a_call_means_another_one)
{
    redis_wait("promote");
    spread_promoter_wake(promoter, 0);
    redis_reply(redis_find("promote"), NONE);
    reply(NONE);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("promote"));
}
END_TEST

START_TEST(a_refusal_is_tried_again)
{
    reply("-ERR refused\r\n");
    redis_wait("promote");
}
END_TEST

START_TEST(a_call_that_is_fenced_is_the_last_one)
{
    redis_reply(redis_wait("promote"), FENCED);
    WAIT_FOR(base, ended == 1);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("promote"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("promoter");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_open_shard_is_looked_at_at_once);
    tcase_add_test(cases, the_next_look_is_when_the_next_entry_is_due);
    tcase_add_test(cases, what_is_due_within_some_ms_goes_together);
    tcase_add_test(cases, what_a_call_could_not_move_follows_at_once);
    tcase_add_loop_test(cases, a_wake_ends_the_sleep, 0, COUNT(long_sleeps));
    tcase_add_test(cases, a_wake_during_a_call_means_another_one);
    tcase_add_test(cases, a_refusal_is_tried_again);
    tcase_add_test(cases, a_call_that_is_fenced_is_the_last_one);
    return suite_run("promoter", cases);
}
