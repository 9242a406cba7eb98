/* test_expiry.c - when pull subscriptions that nobody uses end, by
 * spreader/expiry.h. */
#include "spreader/expiry.h"

#include "spreader/pace.h"
#include "spreader/stats.h"
#include "tests/unit/shard_fixture.h"

#define NONE "*3\r\n:0\r\n:0\r\n:-1\r\n"
#define SOME "*3\r\n:0\r\n:7\r\n:90000\r\n"
#define SOON "*3\r\n:2\r\n:5\r\n:200\r\n"
#define FULL "*3\r\n:100\r\n:30\r\n:0\r\n"

static struct spread_pace *pace;
static struct spread_expiry *expiry;
static uint64_t opened_ms;

static void on_closing(unsigned number)
{
    spread_expiry_close(expiry, number);
}

static void set_up(void)
{
    redis_set_up_store();
    redis_held = "pull_expire";
    shard_set_up(on_closing);
    pace = spread_pace_new(base);
    expiry = spread_expiry_new(pace, store, 1);
    opened_ms = wsub_now_ms();
    spread_expiry_open(expiry, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_expiry_free(expiry);
    spread_pace_free(pace);
    shard_tear_down();
    redis_tear_down();
}

static void reply(const char *text)
{
    redis_reply(redis_wait("pull_expire"), text);
    WAIT_FOR(base, shard->under_way == 0);
}

/* Returns how long after the reply to one look the next one comes. */
static uint64_t pause_ms(const char *text)
{
    uint64_t begin_ms = wsub_now_ms(); /* before the pause can begin */

    reply(text);
    redis_wait("pull_expire");
    return wsub_now_ms() - begin_ms;
}

static uint64_t metric(enum spread_stat stat)
{
    return spread_stats[stat].value;
}

START_TEST(only_the_owner_ends_any)
{
    redis_check_args(redis_wait("pull_expire"),
                     (const char *[]){EPOCH, "100", NULL});
}
END_TEST

START_TEST(a_shard_that_has_some_is_looked_at_each_second)
{
    ck_assert_uint_ge(pause_ms(SOME), 990);
}
END_TEST

START_TEST(the_next_look_is_when_the_next_one_ends)
{
    uint64_t paused_ms = pause_ms(SOON);

    ck_assert_uint_eq(metric(SPREAD_STAT_PULL_EXPIRED), 2);
    ck_assert_uint_ge(paused_ms, 195);
    while (paused_ms >= 990) /* this process stood still */
        paused_ms = pause_ms(SOON);
}
END_TEST

START_TEST(what_a_look_could_not_end_follows_at_once)
{
    for (int i = 0; i < 20; i++)
        redis_reply(redis_wait("pull_expire"), FULL);
}
END_TEST

START_TEST(a_shard_without_any_sleeps)
{
    reply(NONE);
    redis_turn_ms(1500);
    ck_assert_ptr_null(redis_find("pull_expire"));
}
END_TEST

START_TEST(a_wake_ends_the_sleep)
{
    reply(NONE);
    spread_expiry_wake(expiry, 0);
    redis_wait("pull_expire");
}
END_TEST

START_TEST(a_wake_during_a_look_means_another_one)
{
    struct redis_command *look = redis_wait("pull_expire");

    spread_expiry_wake(expiry, 0);
    redis_reply(look, NONE);
    redis_wait("pull_expire");
}
END_TEST

START_TEST(many_wakes_are_one_look_each_second)
{
    reply(NONE); /* to the look a second after the shard was opened */
    while (redis_find("pull_expire") == NULL) {
        spread_expiry_wake(expiry, 0);
        redis_turn_ms(1);
    }
    ck_assert_uint_ge(wsub_now_ms() - opened_ms, 1990);
}
END_TEST

START_TEST(a_refusal_is_tried_again)
{
    reply("-ERR refused\r\n");
    redis_wait("pull_expire");
}
END_TEST

START_TEST(a_look_that_is_fenced_is_the_last_one)
{
    reply(SOME);
    redis_reply(redis_wait("pull_expire"), FENCED);
    WAIT_FOR(base, ended == 1);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("pull_expire"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("expiry");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, only_the_owner_ends_any);
    tcase_add_test(cases, a_shard_that_has_some_is_looked_at_each_second);
    tcase_add_test(cases, the_next_look_is_when_the_next_one_ends);
    tcase_add_test(cases, what_a_look_could_not_end_follows_at_once);
    tcase_add_test(cases, a_shard_without_any_sleeps);
    tcase_add_test(cases, a_wake_ends_the_sleep);
    tcase_add_test(cases, a_wake_during_a_look_means_another_one);
    tcase_add_test(cases, many_wakes_are_one_look_each_second);
    tcase_add_test(cases, a_refusal_is_tried_again);
    tcase_add_test(cases, a_look_that_is_fenced_is_the_last_one);
    return suite_run("expiry", cases);
}
