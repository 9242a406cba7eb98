/* test_ending.c - what becomes of a job that was posted: deliver/ending.h. */
#include "tests/unit/delivery_fixture.h"

#define OUTCOME 3 /* arguments of settle.lua, of one job that is tried again */
#define FAILURES 6
#define DELAY 8

#define JOB "job outbox " ENTRY " "
#define DONE JOB "done " EVENT " 1"

static unsigned failures_noted(void)
{
    return deliver_attempt_buffer_unflushed(attempts,
                                            DELIVER_UNFLUSHED_FAILURES);
}

/* Checks the outcome of the usual job. */
static void check_outcome(const char *outcome)
{
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), outcome);
}

START_TEST(any_2xx_is_a_delivery)
{
    uint64_t delivered = engine_stat(DELIVER_STAT_DELIVERED);

    subscriber_status = 204;
    post_job();
    check_settled(TOPIC, DONE);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_DELIVERED), delivered + 1);
    ck_assert_uint_eq(failures_noted(), 0);
    ck_assert_uint_eq(
        deliver_attempt_buffer_unflushed(attempts, DELIVER_UNFLUSHED_TOTALS),
        1);
}
END_TEST

static const int statuses[] = {302, 404, 429, 500, 503};

START_TEST(any_other_status_is_a_failure_that_is_tried_again)
{
    uint64_t retried = engine_stat(DELIVER_STAT_RETRIED), delay_ms;

    subscriber_status = statuses[_i];
    post_job();
    check_outcome("retry");
    ck_assert_str_eq(redis_arg(redis_find("settle"), FAILURES), "1");
    delay_ms = settled_number(DELAY);
    ck_assert_uint_ge(delay_ms, 500);
    ck_assert_uint_le(delay_ms, 1000);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_RETRIED), retried + 1);
    ck_assert_uint_eq(failures_noted(), 1);
}
END_TEST

START_TEST(a_subscriber_may_say_when_to_come_again)
{
    config.retry_cap_ms = 3600000;
    delivery_configured();
    subscriber_status = 503;
    subscriber_retry_after = "600";
    post_job();
    check_outcome("retry");
    ck_assert_uint_ge(settled_number(DELAY), 600000);
}
END_TEST

START_TEST(what_failed_for_the_last_time_is_a_dead_letter)
{
    uint64_t dead = engine_stat(DELIVER_STAT_DEAD);
    char expected[500];

    subscriber_status = 500;
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"e", EVENT, "c", CD, "n", "2", NULL});
    give_event(TOPIC);
    give_subscription();
    snprintf(expected, sizeof(expected),
             JOB "retried %s " CD " " EVENT " dead " EVENT " " CD " 3 " TOPIC
                 " %s HTTP status 500",
             td_of(TOPIC), subscriber_callback());
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_DEAD), dead + 1);
}
END_TEST

START_TEST(too_many_failures_in_a_row_suspend_the_subscription)
{
    uint64_t suspended = engine_stat(DELIVER_STAT_SUSPENDED);

    config.suspend_after = 1;
    subscriber_status = 500;
    post_job();
    check_outcome("suspend");
    settled();
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_SUSPENDED), suspended + 1);
}
END_TEST

START_TEST(a_410_ends_the_subscription)
{
    uint64_t gone = engine_stat(DELIVER_STAT_GONE);

    subscriber_status = 410;
    post_job();
    check_settled(TOPIC, JOB "gone " EVENT " " CD " @ " GENERATION);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_GONE), gone + 1);
    ck_assert_ptr_null(redis_find("replicate"));
}
END_TEST

START_TEST(a_410_to_the_wildcard_removes_the_replicas)
{
    struct redis_command *command;

    subscriber_status = 410;
    claim(CD ":*");
    give_event("a.b");
    give_record("*", "-", "-", subscriber_callback());
    command = redis_wait("replicate");
    ck_assert_uint_eq(redis_shard(command), 0);
    redis_check_args(command, (const char *[]){td_of("*"), CD, "u", GENERATION,
                                               "", "0", "3600", NULL});
    redis_reply(command, ":1\r\n");
    check_settled("*", JOB "gone " EVENT " " CD ":* @ " GENERATION);
}
END_TEST

START_TEST(a_callback_that_is_not_reached_is_a_failure)
{
    claim(CD);
    give_event(TOPIC);
    give_record(TOPIC, "-", "-", "http://127.0.0.1:1/cb");
    check_outcome("retry");
    settled();
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(failures_noted(), 1);
}
END_TEST

START_TEST(a_callback_that_hangs_is_a_failure)
{
    poster.timeout_ms = 100;
    subscriber_holds = true;
    post_job();
    check_outcome("retry");
    settled();
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(failures_noted(), 1);
}
END_TEST

START_TEST(nobody_is_charged_when_this_process_stood_still)
{
    poster.timeout_ms = 100;
    subscriber_holds = true;
    post_job();
    stall.ended_ms = wsub_now_ms() + 1;
    check_settled(TOPIC, JOB "retry " EVENT " " CD " 0 0 0 @");
    ck_assert_uint_eq(failures_noted(), 0);
}
END_TEST

START_TEST(a_secret_that_cannot_be_opened_is_held_and_no_failure)
{
    struct wsub_host_ticket *guest;

    claim(CD);
    give_event(TOPIC);
    give_record(TOPIC, "-", "g.lost.AAAA", subscriber_callback());
    check_settled(TOPIC, JOB "hold " EVENT " " CD
                             " 0 0 1 the secret, for lack of key lost");
    ck_assert_uint_eq(subscriber_requests, 0);
    ck_assert_uint_eq(failures_noted(), 0);
    guest = engine_guest_enters(); /* the host is free */
    ck_assert_int_eq(guest->place, WSUB_HOST_SENDING);
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}
END_TEST

START_TEST(an_unopened_secret_ends_in_a_dead_letter)
{
    char expected[500];

    config.undecodable_max_tries = 1;
    claim(CD);
    give_event(TOPIC);
    give_record(TOPIC, "-", "nonsense", subscriber_callback());
    snprintf(expected, sizeof(expected),
             JOB "dead " EVENT " " CD " 0 " TOPIC
                 " %s undecodable: the secret, which is sealed in no known way",
             subscriber_callback());
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ending");

    tcase_add_checked_fixture(cases, delivery_set_up, delivery_tear_down);
    tcase_add_test(cases, any_2xx_is_a_delivery);
    tcase_add_loop_test(cases,
                        any_other_status_is_a_failure_that_is_tried_again, 0,
                        COUNT(statuses));
    tcase_add_test(cases, a_subscriber_may_say_when_to_come_again);
    tcase_add_test(cases, what_failed_for_the_last_time_is_a_dead_letter);
    tcase_add_test(cases, too_many_failures_in_a_row_suspend_the_subscription);
    tcase_add_test(cases, a_410_ends_the_subscription);
    tcase_add_test(cases, a_410_to_the_wildcard_removes_the_replicas);
    tcase_add_test(cases, a_callback_that_is_not_reached_is_a_failure);
    tcase_add_test(cases, a_callback_that_hangs_is_a_failure);
    tcase_add_test(cases, nobody_is_charged_when_this_process_stood_still);
    tcase_add_test(cases,
                   a_secret_that_cannot_be_opened_is_held_and_no_failure);
    tcase_add_test(cases, an_unopened_secret_ends_in_a_dead_letter);
    return suite_run("ending", cases);
}
