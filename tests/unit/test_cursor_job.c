/* test_cursor_job.c - the job of a subscription in cursor mode, which finds its
 * event first: deliver/delivery.h. */
#include "tests/unit/delivery_fixture.h"

#define NUMBER "7"
#define OUTCOME 6 /* arguments of settle.lua, of a cursor job */
#define FAILURES 9
#define DELAY 11

#define DONE "done " EVENT " 1"

/* Claims cursor job NUMBER of the usual subscription. */
static void claim_cursor(void)
{
    char td[WSUB_DIGEST_LEN + 1];

    snprintf(td, sizeof(td), "%s", td_of(TOPIC));
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"f", td, "c", CD, "u", NUMBER, NULL});
}

static void give_next(const char *const words[])
{
    struct redis_command *command = redis_wait("next_event");

    redis_check_args(command, (const char *[]){td_of(TOPIC), CD, NUMBER,
                                               "outbox", ENTRY, NULL});
    redis_reply(command, redis_array(words));
}

/* Whether its subscription is suspended: "1" or "0". */
static void give_next_event(const char *suspended)
{
    give_next((const char *[]){EVENT, "0", "-", "-", suspended, NULL});
}

static void check_cursor_settled(const char *what)
{
    char expected[400];

    snprintf(expected, sizeof(expected),
             "cursor outbox " ENTRY " %s " CD " " NUMBER " %s", td_of(TOPIC),
             what);
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
}

static void check_put_back(const char *delay_ms)
{
    char what[200];

    snprintf(what, sizeof(what), "retry " EVENT " " CD " 0 0 %s %s", delay_ms,
             td_of(TOPIC));
    check_cursor_settled(what);
}

START_TEST(a_cursor_job_finds_its_event_and_delivers_it)
{
    claim_cursor();
    ck_assert_uint_eq(deliver_deliveries_loading(deliveries), 0);
    give_next_event("0");
    give_event(TOPIC);
    give_record(TOPIC, "o", "-", subscriber_callback());
    check_cursor_settled(DONE);
    ck_assert_uint_eq(subscriber_requests, 1);
}
END_TEST

static const char *const nothing[][5] = {
    {NULL}, {"idle", NULL}, {"idle", "2", "1-1", "-", NULL}};

START_TEST(a_cursor_job_without_an_event_is_over)
{
    uint64_t missed = engine_stat(DELIVER_STAT_MISSED);

    claim_cursor();
    give_next(nothing[_i]);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
    ck_assert_ptr_null(redis_find("settle"));
    ck_assert_uint_eq(
        engine_stat(DELIVER_STAT_MISSED),
        missed + (nothing[_i][0] != NULL && nothing[_i][1] != NULL ? 2 : 0));
}
END_TEST

START_TEST(a_cursor_job_waits_for_older_jobs_on_their_way)
{
    char what[200];

    claim_cursor();
    give_next((const char *[]){"wait", NULL});
    snprintf(what, sizeof(what), "retry  " CD " 0 0 200 %s", td_of(TOPIC));
    check_cursor_settled(what);
}
END_TEST

/* The log asks for the names of a subscription that Redis does not know. */
static void give_no_names(void)
{
    redis_reply(redis_wait("HMGET"), "*2\r\n$-1\r\n$-1\r\n");
    redis_reply(redis_wait("HGET"), "$-1\r\n");
    redis_reply(redis_wait("HGET"), "$-1\r\n");
    redis_reply(redis_wait("ZCARD"), ":0\r\n");
    redis_reply(redis_wait("ZSCORE"), "$-1\r\n");
}

START_TEST(an_event_that_has_left_is_told_as_a_gap)
{
    uint64_t missed = engine_stat(DELIVER_STAT_MISSED);

    claim_cursor();
    give_next_event("0");
    redis_reply(redis_wait("XRANGE"), "*0\r\n");
    redis_reply(redis_wait("HGETALL"), "*0\r\n");
    give_no_names();
    check_cursor_settled("done " EVENT " 0");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_MISSED), missed + 1);
}
END_TEST

START_TEST(a_cursor_job_whose_subscription_has_ended_waits_for_the_sweep)
{
    claim_cursor();
    give_next_event("0");
    give_event(TOPIC);
    give_line(TOPIC, NULL);
    check_put_back("5000");
}
END_TEST

/* The cursor job of the subscription to `a`. */
static void claim_cursor_of_a(void)
{
    char td[WSUB_DIGEST_LEN + 1];

    snprintf(td, sizeof(td), "%s", td_of("a"));
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"f", td, "c", CD, "u", NUMBER, NULL});
    redis_reply(redis_wait("next_event"),
                redis_array((const char *[]){EVENT, "0", "-", "-", "0", NULL}));
    give_event("a.b");
}

START_TEST(an_event_of_a_more_specific_subscription_is_its_business)
{
    char expected[400];

    claim_cursor_of_a();
    give_record("a.b", "-", "-", subscriber_callback());
    snprintf(expected, sizeof(expected),
             "cursor outbox " ENTRY " %s " CD " " NUMBER " " DONE, td_of("a"));
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(a_cursor_job_delivers_at_its_own_level)
{
    char expected[400];

    claim_cursor_of_a();
    give_line("a.b", NULL);
    give_record("a", "o", "-", subscriber_callback());
    WAIT_FOR(base, subscriber_requests == 1);
    snprintf(expected, sizeof(expected),
             "cursor outbox " ENTRY " %s " CD " " NUMBER " " DONE, td_of("a"));
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
}
END_TEST

static void start_probe(void)
{
    claim_cursor();
    give_next_event("1");
    give_event(TOPIC);
    give_record(TOPIC, "f", "-", subscriber_callback());
}

START_TEST(a_probe_that_succeeds_is_a_delivery)
{
    start_probe();
    check_cursor_settled(DONE);
}
END_TEST

START_TEST(a_probe_that_fails_comes_again)
{
    uint64_t suspended = engine_stat(DELIVER_STAT_SUSPENDED);

    config.max_attempts = 1; /* it is never given up */
    delivery_configured();
    subscriber_status = 500;
    start_probe();
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "suspend");
    ck_assert_uint_ge(settled_number(DELAY), 500);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_SUSPENDED), suspended);
}
END_TEST

START_TEST(an_ordered_subscription_that_fails_too_often_is_suspended)
{
    uint64_t suspended = engine_stat(DELIVER_STAT_SUSPENDED);

    config.suspend_after = 1;
    subscriber_status = 500;
    claim_cursor();
    give_next_event("0");
    give_event(TOPIC);
    give_record(TOPIC, "o", "-", subscriber_callback());
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "suspend");
    ck_assert_uint_ge(settled_number(DELAY), 500);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_SUSPENDED), suspended + 1);
}
END_TEST

START_TEST(an_ordered_subscription_retries_its_event_and_gives_it_up)
{
    config.max_attempts = 2;
    delivery_configured();
    subscriber_status = 500;
    claim_cursor();
    give_next_event("0");
    give_event(TOPIC);
    give_record(TOPIC, "o", "-", subscriber_callback());
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "retry");
    ck_assert_uint_eq(settled_number(FAILURES), 1);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    config.max_attempts = 1;
    delivery_configured();
    claim_cursor();
    give_next_event("0");
    give_event(TOPIC);
    give_record(TOPIC, "o", "-", subscriber_callback());
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "dead");
    settled();
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
}
END_TEST

START_TEST(a_probe_lets_a_job_of_its_subscription_go_first)
{
    subscriber_holds = true;
    claim_as(DELIVER_LANE_OUTBOX, "4-0", false,
             (const char *[]){"e", "900001-0", "c", CD, NULL});
    give_event(TOPIC);
    give_subscription();
    WAIT_FOR(base, subscriber_held_count == 1);
    start_probe();
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "retry");
    ck_assert_str_eq(redis_arg(redis_find("settle"), DELAY), "200");
    settled();
    subscriber_go_on();
    ck_assert_str_eq(settled(), "job outbox 4-0 done 900001-0 1");
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
}
END_TEST

START_TEST(a_410_to_a_cursor_job_ends_the_subscription)
{
    char what[200];

    subscriber_status = 410;
    start_probe();
    snprintf(what, sizeof(what), "gone - " CD " %s " GENERATION, td_of(TOPIC));
    check_cursor_settled(what);
}
END_TEST

START_TEST(a_cursor_job_whose_host_is_down_comes_again_and_is_not_suspended)
{
    config.suspend_after = 1;
    engine_break_host();
    claim_cursor();
    give_next_event("0");
    give_event(TOPIC);
    give_record(TOPIC, "o", "-", subscriber_callback());
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "retry");
    ck_assert_uint_gt(settled_number(DELAY), 0);
}
END_TEST

START_TEST(what_a_lost_link_left_is_repeated)
{
    claim_cursor();
    redis_wait("next_event");
    redis_drop();
    give_next_event("0");
    give_event(TOPIC);
    give_record(TOPIC, "o", "-", subscriber_callback());
    check_cursor_settled(DONE);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("cursor_job");

    tcase_add_checked_fixture(cases, delivery_set_up, delivery_tear_down);
    tcase_add_test(cases, a_cursor_job_finds_its_event_and_delivers_it);
    tcase_add_loop_test(cases, a_cursor_job_without_an_event_is_over, 0,
                        COUNT(nothing));
    tcase_add_test(cases, a_cursor_job_waits_for_older_jobs_on_their_way);
    tcase_add_test(cases, an_event_that_has_left_is_told_as_a_gap);
    tcase_add_test(
        cases, a_cursor_job_whose_subscription_has_ended_waits_for_the_sweep);
    tcase_add_test(cases,
                   an_event_of_a_more_specific_subscription_is_its_business);
    tcase_add_test(cases, a_cursor_job_delivers_at_its_own_level);
    tcase_add_test(cases, a_probe_that_succeeds_is_a_delivery);
    tcase_add_test(cases, a_probe_that_fails_comes_again);
    tcase_add_test(cases,
                   an_ordered_subscription_that_fails_too_often_is_suspended);
    tcase_add_test(cases,
                   an_ordered_subscription_retries_its_event_and_gives_it_up);
    tcase_add_test(cases, a_probe_lets_a_job_of_its_subscription_go_first);
    tcase_add_test(cases, a_410_to_a_cursor_job_ends_the_subscription);
    tcase_add_test(
        cases,
        a_cursor_job_whose_host_is_down_comes_again_and_is_not_suspended);
    tcase_add_test(cases, what_a_lost_link_left_is_repeated);
    return suite_run("cursor_job", cases);
}
