/* test_sweep.c - when shards are swept, by spreader/sweep.h. */
#include "spreader/sweep.h"

#include "spreader/pace.h"
#include "spreader/stats.h"
#include "tests/unit/shard_fixture.h"

#define UNDAMAGED ":0\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n"
#define SWEPT(numbers_) "*11\r\n" numbers_ UNDAMAGED
#define AT_7_1 "$3\r\n7-1\r\n"
#define SOME SWEPT(":1\r\n:0\r\n:0\r\n:0\r\n" AT_7_1 ":12\r\n:-1\r\n")
#define NOTHING SWEPT(":0\r\n:0\r\n:0\r\n:0\r\n" AT_7_1 ":12\r\n:-1\r\n")
#define LEASE SWEPT(":0\r\n:0\r\n:0\r\n:0\r\n" AT_7_1 ":12\r\n:400\r\n")
#define MORE SWEPT(":200\r\n:0\r\n:0\r\n:1\r\n" AT_7_1 ":0\r\n:-1\r\n")
#define DAMAGED                                                                \
    "*11\r\n:0\r\n:0\r\n:0\r\n:0\r\n" AT_7_1 ":12\r\n:-1\r\n"                  \
    ":3\r\n$3\r\n9-0\r\n$4\r\nrefs\r\n$5\r\nwrong\r\n"

static struct spread_pace *pace;
static struct spread_sweeper *sweeper;
static char position[32]; /* of the last on_position */

static void on_position(unsigned number, const char *at, void *arg)
{
    (void)number;
    (void)arg;
    snprintf(position, sizeof(position), "%s", at);
}

static void on_closing(unsigned number)
{
    spread_sweeper_close(sweeper, number);
}

static void set_up(void)
{
    redis_set_up_store();
    redis_held = "sweep";
    shard_set_up(on_closing);
    pace = spread_pace_new(base);
    sweeper = spread_sweeper_new(&(struct spread_sweeper_options){
        .pace = pace,
        .store = store,
        .config = &config,
        .shards = 1,
        .on_position = on_position,
    });
    spread_sweeper_open(sweeper, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_sweeper_free(sweeper);
    spread_pace_free(pace);
    shard_tear_down();
    redis_tear_down();
}

/* Returns how long after the reply to one sweep the next one comes. */
static uint64_t pause_ms(const char *reply)
{
    uint64_t begin_ms;

    redis_reply(redis_wait("sweep"), reply);
    begin_ms = wsub_now_ms();
    redis_wait("sweep");
    return wsub_now_ms() - begin_ms;
}

/* The first sweep comes after a second: what it says and what follows it are
 * looked at together. */
START_TEST(a_shard_is_swept_again_after_a_while_or_at_once_when_there_is_more)
{
    redis_check_args(redis_wait("sweep"),
                     (const char *[]){EPOCH, "3600000", "7200000", "32", NULL});
    for (int i = 0; i < 20; i++)
        redis_reply(redis_wait("sweep"), MORE);
    ck_assert_uint_ge(pause_ms(SOME), 900);
    ck_assert_str_eq(position, "7-1");
    ck_assert(spread_sweeper_found_work(sweeper));
}
END_TEST

START_TEST(an_idle_shard_is_swept_seldom_but_when_a_lease_ends)
{
    uint64_t ms;

    redis_reply(redis_wait("sweep"), MORE);
    ms = pause_ms(LEASE);
    ck_assert_uint_ge(ms, 390);
    ck_assert_uint_lt(ms, 4000);
    ck_assert_uint_ge(pause_ms(NOTHING), 4900);
}
END_TEST

START_TEST(a_wake_brings_a_sweep_within_a_second)
{
    uint64_t begin_ms;

    redis_reply(redis_wait("sweep"), MORE);
    redis_reply(redis_wait("sweep"), NOTHING);
    WAIT_FOR(base, shard->under_way == 0);
    begin_ms = wsub_now_ms();
    spread_sweeper_wake(sweeper, 0);
    redis_wait("sweep");
    ck_assert_uint_lt(wsub_now_ms() - begin_ms, 4000);
}
END_TEST

START_TEST(sweeps_go_on_after_a_refusal_and_when_the_link_is_back)
{
    ck_assert_uint_ge(pause_ms("-ERR refused\r\n"), 900);
    redis_drop();
    redis_wait("sweep");
}
END_TEST

START_TEST(a_sweep_that_is_fenced_is_the_last_one)
{
    redis_reply(redis_wait("sweep"), FENCED);
    WAIT_FOR(base, ended == 1);
    redis_turn_ms(1200);
    ck_assert_ptr_null(redis_find("sweep"));
    ck_assert(!spread_sweeper_found_work(sweeper));
}
END_TEST

START_TEST(notes_of_damage_are_counted_while_the_shard_is_owned)
{
    redis_reply(redis_wait("sweep"), DAMAGED);
    WAIT_FOR(base, spread_stats[SPREAD_STAT_DAMAGED].value == 3);
    spread_sweeper_close(sweeper, 0);
    ck_assert_uint_eq(spread_stats[SPREAD_STAT_DAMAGED].value, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("sweep");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(
        cases,
        a_shard_is_swept_again_after_a_while_or_at_once_when_there_is_more);
    tcase_add_test(cases, notes_of_damage_are_counted_while_the_shard_is_owned);
    tcase_add_test(cases, an_idle_shard_is_swept_seldom_but_when_a_lease_ends);
    tcase_add_test(cases, a_wake_brings_a_sweep_within_a_second);
    tcase_add_test(cases,
                   sweeps_go_on_after_a_refusal_and_when_the_link_is_back);
    tcase_add_test(cases, a_sweep_that_is_fenced_is_the_last_one);
    return suite_run("sweep", cases);
}
