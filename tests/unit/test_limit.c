/* test_limit.c - the adaptive limit of common/host/limit.h. */
#include "common/host/limit.h"
#include "tests/unit/suite.h"

#define MAX 16
#define FAST_US 1000
#define HALF_MINUTE UINT64_C(30000000)

static struct wsub_limit limit;
static uint64_t now_us;

static void set_up(void)
{
    wsub_limit_init(&limit, MAX);
    now_us = 5; /* a machine that has just booted */
}

/* `count` good responses, one after the other, with the limit in use. */
static void responses(int count, uint64_t latency_us)
{
    for (int i = 0; i < count; i++) {
        uint64_t started_us = now_us;

        now_us += latency_us;
        wsub_limit_responded(&limit, limit.now, latency_us, started_us, now_us);
    }
}

/* Something that starts after all that was before, and goes wrong. */
static void overload(void)
{
    wsub_limit_overloaded(&limit, now_us, now_us + 1);
    now_us += 2;
}

START_TEST(it_starts_at_the_maximum_and_stays_there)
{
    responses(1000, FAST_US);
    ck_assert_uint_eq(limit.now, MAX);
}
END_TEST

START_TEST(a_large_one_doubles_in_a_round_trip_until_it_was_too_much)
{
    wsub_limit_init(&limit, 1000);
    ck_assert_uint_eq(limit.now, 16);
    responses(16, FAST_US);
    ck_assert_uint_eq(limit.now, 32);
    responses(32, FAST_US);
    ck_assert_uint_eq(limit.now, 64);
    overload();
    ck_assert_uint_eq(limit.now, 32);
    responses(32, FAST_US);
    ck_assert_uint_eq(limit.now, 33);
}
END_TEST

static const struct {
    uint32_t max;
    int times;
    uint32_t now;
} halves[] = {
    {16, 1, 8}, {16, 2, 4}, {16, 4, 1}, {16, 9, 1},        {15, 1, 7},
    {1, 1, 1},  {2, 1, 1},  {3, 1, 1},  {65536, 1, 32768},
};

START_TEST(overload_halves_it_down_to_one)
{
    wsub_limit_init(&limit, halves[_i].max);
    limit.now = halves[_i].max;
    for (int i = 0; i < halves[_i].times; i++)
        overload();
    ck_assert_uint_eq(limit.now, halves[_i].now);
}
END_TEST

START_TEST(it_falls_once_in_a_round_trip)
{
    for (uint64_t i = 0; i < MAX; i++)
        wsub_limit_overloaded(&limit, 100 + i, 200 + i);
    ck_assert_uint_eq(limit.now, MAX / 2);
    wsub_limit_overloaded(&limit, 199, 300);
    ck_assert_uint_eq(limit.now, MAX / 2);
    wsub_limit_overloaded(&limit, 201, 301);
    ck_assert_uint_eq(limit.now, MAX / 4);
}
END_TEST

START_TEST(it_grows_by_one_after_a_limit_of_good_answers)
{
    overload();
    responses(7, FAST_US);
    ck_assert_uint_eq(limit.now, 8);
    responses(1, FAST_US);
    ck_assert_uint_eq(limit.now, 9);
    responses(8, FAST_US);
    ck_assert_uint_eq(limit.now, 9);
    responses(1, FAST_US);
    ck_assert_uint_eq(limit.now, 10);
}
END_TEST

static const struct {
    uint32_t sending;
    bool grows;
} uses[] = {{1, false}, {3, false}, {4, true}, {8, true}, {16, true}};

START_TEST(it_grows_only_when_it_is_used)
{
    overload();
    for (int i = 0; i < 8; i++)
        wsub_limit_responded(&limit, uses[_i].sending, FAST_US, now_us, now_us);
    ck_assert_uint_eq(limit.now, uses[_i].grows ? 9 : 8);
}
END_TEST

static const struct {
    uint64_t best_us;
    uint64_t slow_us;
    bool falls;
} latencies[] = {
    {1000, 2000, false},     {1000, 12000, false},   {1000, 13000, true},
    {100, 10200, false},     {100, 10300, true},     {100000, 200000, false},
    {100000, 209000, false}, {100000, 212000, true}, {1, 10000, false},
};

START_TEST(it_falls_when_answers_take_twice_the_best_and_10_ms)
{
    responses(1, latencies[_i].best_us);
    responses(100, latencies[_i].slow_us);
    ck_assert((limit.now < MAX) == latencies[_i].falls);
}
END_TEST

START_TEST(slowness_takes_an_eighth_and_stops_at_a_quarter)
{
    static const uint32_t steps[] = {14, 12, 10, 8, 7, 6, 5, 4, 4, 4};

    responses(1, FAST_US);
    responses(5, 10 * FAST_US); /* and the smoothed latency is below 12 ms */
    for (int i = 0; i < COUNT(steps); i++) {
        responses(1, 200 * FAST_US);
        ck_assert_uint_eq(limit.now, steps[i]);
    }
}
END_TEST

START_TEST(slowness_does_not_count_when_the_limit_is_not_used)
{
    responses(1, FAST_US);
    for (int i = 0; i < 100; i++)
        wsub_limit_responded(&limit, MAX / 2 - 1, 100 * FAST_US, now_us,
                             now_us);
    ck_assert_uint_eq(limit.now, MAX);
}
END_TEST

START_TEST(a_lasting_change_becomes_the_new_normal)
{
    responses(1, FAST_US);
    while (now_us < 2 * HALF_MINUTE)
        responses(1, 50 * FAST_US);
    ck_assert_uint_eq(limit.now, MAX / 4);
    while (now_us < 3 * HALF_MINUTE)
        responses(1, 50 * FAST_US);
    ck_assert_uint_eq(limit.now, MAX);
}
END_TEST

START_TEST(after_an_outage_it_begins_at_two)
{
    now_us = 100;
    wsub_limit_restart(&limit, now_us);
    ck_assert_uint_eq(limit.now, 2);
    wsub_limit_overloaded(&limit, 99, 101);
    ck_assert_uint_eq(limit.now, 2);
    responses(2 + 3 + 4, FAST_US);
    ck_assert_uint_eq(limit.now, 5);
    wsub_limit_init(&limit, 1);
    wsub_limit_restart(&limit, now_us);
    ck_assert_uint_eq(limit.now, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("limit");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, it_starts_at_the_maximum_and_stays_there);
    tcase_add_test(cases,
                   a_large_one_doubles_in_a_round_trip_until_it_was_too_much);
    tcase_add_loop_test(cases, overload_halves_it_down_to_one, 0,
                        COUNT(halves));
    tcase_add_test(cases, it_falls_once_in_a_round_trip);
    tcase_add_test(cases, it_grows_by_one_after_a_limit_of_good_answers);
    tcase_add_loop_test(cases, it_grows_only_when_it_is_used, 0, COUNT(uses));
    tcase_add_loop_test(cases,
                        it_falls_when_answers_take_twice_the_best_and_10_ms, 0,
                        COUNT(latencies));
    tcase_add_test(cases, slowness_takes_an_eighth_and_stops_at_a_quarter);
    tcase_add_test(cases, slowness_does_not_count_when_the_limit_is_not_used);
    tcase_add_test(cases, a_lasting_change_becomes_the_new_normal);
    tcase_add_test(cases, after_an_outage_it_begins_at_two);
    return suite_run("limit", cases);
}
