/* test_coordinator.c - who is the coordinator, by
 * common/cluster/coordinator.h. */
#include "common/cluster/coordinator.h"

#include "common/cluster/shard_stats.h"
#include "tests/unit/redis_fixture.h"

#define OTHERS "*3\r\n:0\r\n$4\r\n3000\r\n$5\r\nother\r\n"
#define FENCED "-FENCED epoch 5 is over\r\n"

static struct wsub_coordinator *coordinator;
static unsigned stops; /* calls of on_stopped */
static uint64_t led;   /* the epoch that on_lead was told; 0 after on_lost */

static void on_lead(uint64_t epoch, void *arg)
{
    (void)arg;
    led = epoch;
}

static void on_lost(void *arg)
{
    (void)arg;
    led = 0;
}

static void on_stopped(void *arg)
{
    (void)arg;
    stops++;
}

static void set_up(void)
{
    stops = 0;
    led = 0;
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    redis_set_up_store();
    config.shard_lease_ms = 150;
    config.heartbeat_interval_ms = 20;
    wsub_shard_stats[WSUB_SHARD_STAT_MISMATCHES].value = 0;
    wsub_shard_stats[WSUB_SHARD_STAT_COORDINATOR].value = 0;
    coordinator = wsub_coordinator_new(&(struct wsub_coordinator_options){
        .base = base,
        .store = store,
        .config = &config,
        .on_lead = on_lead,
        .on_lost = on_lost,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    wsub_coordinator_free(coordinator);
    redis_tear_down();
}

static void start(const char *held)
{
    redis_held = held;
    wsub_coordinator_start(coordinator, &(struct wsub_instance_ref){"me", 8});
}

static bool is_it(void)
{
    bool is = wsub_shard_stats[WSUB_SHARD_STAT_COORDINATOR].value == 1;

    ck_assert(is == (led != 0));
    return is;
}

static uint64_t mismatches(void)
{
    return wsub_shard_stats[WSUB_SHARD_STAT_MISMATCHES].value;
}

START_TEST(who_gets_the_row_is_it_and_says_so)
{
    start("XADD");
    redis_wait("XADD"); /* leader_changed */
    ck_assert(is_it());
    redis_held = "extend";
    redis_check_args(redis_wait("extend"), (const char *[]){"5", "150", NULL});
    ck_assert_uint_eq(mismatches(), 0);
}
END_TEST

START_TEST(others_stand_for_it_again_and_again)
{
    start("claim");
    for (int i = 0; i < 3; i++)
        redis_reply(redis_wait("claim"), OTHERS);
    ck_assert(!is_it());
    ck_assert_uint_eq(mismatches(), 0);
}
END_TEST

START_TEST(who_is_it_no_more_counts_a_mismatch_and_stands_for_it_again)
{
    start("extend");
    redis_reply(redis_wait("extend"), FENCED);
    WAIT_FOR(base, mismatches() == 1);
    ck_assert(!is_it());
    WAIT_FOR(base, is_it());
}
END_TEST

START_TEST(nobody_for_longer_than_a_lease_is_a_mismatch_once)
{
    start("claim");
    while (mismatches() == 0)
        redis_reply(redis_wait("claim"), "-ERR refused\r\n");
    for (int i = 0; i < 5; i++)
        redis_reply(redis_wait("claim"), "-ERR refused\r\n");
    ck_assert_uint_eq(mismatches(), 1);
}
END_TEST

START_TEST(a_stop_gives_it_up)
{
    start("release");
    WAIT_FOR(base, is_it());
    wsub_coordinator_stop(coordinator, on_stopped, NULL);
    redis_reply(redis_wait("release"), "$1\r\n5\r\n");
    WAIT_FOR(base, stops == 1);
    ck_assert(!is_it());
}
END_TEST

START_TEST(a_stop_of_who_is_not_it_is_over_at_once)
{
    wsub_coordinator_stop(coordinator, on_stopped, NULL);
    ck_assert_uint_eq(stops, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("coordinator");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, who_gets_the_row_is_it_and_says_so);
    tcase_add_test(cases, others_stand_for_it_again_and_again);
    tcase_add_test(cases,
                   who_is_it_no_more_counts_a_mismatch_and_stands_for_it_again);
    tcase_add_test(cases, nobody_for_longer_than_a_lease_is_a_mismatch_once);
    tcase_add_test(cases, a_stop_gives_it_up);
    tcase_add_test(cases, a_stop_of_who_is_not_it_is_over_at_once);
    return suite_run("coordinator", cases);
}
