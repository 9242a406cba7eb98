/* test_pace.c - what nobody waits for, one call at a time, by spreader/pace.h. */
#include "spreader/pace.h"

#include <event2/event.h>

#include "common/base/loop.h"
#include "tests/unit/suite.h"
#include "tests/unit/wait.h"

#define TOOK_MS 20

static struct event_base *base;
static struct spread_pace *pace;
static struct spread_round rounds[3];
static unsigned runs[3], order[8], ran;

static void on_run(void *arg)
{
    unsigned n = (unsigned)((struct spread_round *)arg - rounds);

    runs[n]++;
    order[ran++ % 8] = n;
}

/* The loop's own clock has ticks of 4 ms unless it is asked for a precise one. */
static void set_up(void)
{
    struct event_config *config = event_config_new();

    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    base = event_base_new_with_config(config);
    event_config_free(config);
    pace = spread_pace_new(base);
    ran = 0;
    for (unsigned n = 0; n < 3; n++) {
        runs[n] = 0;
        spread_round_init(&rounds[n], pace, on_run, &rounds[n]);
    }
}

static void tear_down(void)
{
    for (unsigned n = 0; n < 3; n++)
        spread_round_done(&rounds[n]);
    spread_pace_free(pace);
    event_base_free(base);
}

/* The loop runs for so long. */
static void pass_ms(uint64_t ms)
{
    uint64_t begin_ms = wsub_now_ms();

    WAIT_FOR(base, wsub_now_ms() - begin_ms >= ms);
}

START_TEST(one_call_is_under_way_at_a_time_in_the_order_they_came_due)
{
    spread_round_start_ms(&rounds[1], 0);
    WAIT_FOR(base, runs[1] == 1);
    spread_round_start_ms(&rounds[2], 0);
    pass_ms(2);
    spread_round_start_ms(&rounds[0], 0);
    pass_ms(10);
    ck_assert_uint_eq(ran, 1);
    spread_round_over(&rounds[1]);
    WAIT_FOR(base, ran == 2);
    spread_round_over(&rounds[2]);
    WAIT_FOR(base, ran == 3);
    ck_assert_uint_eq(order[1], 2);
    ck_assert_uint_eq(order[2], 0);
}
END_TEST

/* Between the end of one call and the next. */
static uint64_t pause_after_call_ms(void)
{
    unsigned before = ran;
    uint64_t begin_ms;

    spread_round_start_ms(&rounds[0], 0);
    WAIT_FOR(base, ran == before + 1);
    pass_ms(TOOK_MS);
    begin_ms = wsub_now_ms(); /* before the pause can begin */
    spread_round_over(&rounds[0]);
    spread_round_start_ms(&rounds[0], 0);
    WAIT_FOR(base, ran == before + 2);
    return wsub_now_ms() - begin_ms;
}

START_TEST(redis_is_left_to_others_for_four_times_as_long)
{
    ck_assert_uint_ge(pause_after_call_ms(), 4 * TOOK_MS - 1);
}
END_TEST

START_TEST(the_more_processes_the_longer_up_to_a_bound)
{
    spread_pace_set_processes(pace, 2);
    ck_assert_uint_ge(pause_after_call_ms(), 99);
    spread_round_over(&rounds[0]);
    spread_pace_set_processes(pace, 1000);
    ck_assert_uint_lt(pause_after_call_ms(), 10000);
}
END_TEST

START_TEST(what_is_stopped_does_not_run)
{
    spread_round_start_ms(&rounds[0], 0);
    WAIT_FOR(base, ran == 1);
    spread_round_start_ms(&rounds[1], 0);
    spread_round_start_ms(&rounds[2], 0);
    pass_ms(5);
    ck_assert(rounds[1].waits);
    spread_round_stop(&rounds[1]);
    spread_round_over(&rounds[0]);
    WAIT_FOR(base, runs[2] == 1);
    spread_round_over(&rounds[2]);
    pass_ms(10);
    ck_assert_uint_eq(runs[1], 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pace");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases,
                   one_call_is_under_way_at_a_time_in_the_order_they_came_due);
    tcase_add_test(cases, redis_is_left_to_others_for_four_times_as_long);
    tcase_add_test(cases, the_more_processes_the_longer_up_to_a_bound);
    tcase_add_test(cases, what_is_stopped_does_not_run);
    return suite_run("pace", cases);
}
