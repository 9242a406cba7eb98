/* test_verification_waits.c - verifications that wait for their host, and those
 * under way when the link is lost or the process ends: deliver/verification.h. */
#include "tests/unit/verification_fixture.h"

static unsigned waiting(void)
{
    struct wsub_hosts_counts counts;

    wsub_hosts_count(hosts, &counts);
    return counts.waiting;
}

/* The usual verification waits for its host. */
static struct wsub_host_ticket *wait_for_host(void)
{
    struct wsub_host_ticket *guest = engine_guest_enters();

    claim('s');
    give_request();
    WAIT_FOR(base, waiting() == 1);
    return guest;
}

START_TEST(a_verification_waits_for_its_host)
{
    engine_guest_leaves(wait_for_host(), WSUB_HOST_SIGN_WELL);
    check("confirmed");
}
END_TEST

START_TEST(a_verification_that_waits_in_vain_comes_again)
{
    struct wsub_host_ticket *guest = wait_for_host();

    wsub_hosts_expire(hosts, true, wsub_now_us());
    check_again_soon();
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}
END_TEST

START_TEST(a_verification_whose_host_is_full_comes_again)
{
    struct wsub_host_ticket others[ENGINE_QUEUE_MAX];
    struct wsub_host_ticket *guest = engine_guest_enters();
    uint64_t delay_ms;

    for (unsigned i = 0; i < ENGINE_QUEUE_MAX; i++) {
        others[i] = (struct wsub_host_ticket){.on_start = engine_on_guest,
                                              .on_late = engine_on_guest,
                                              .endpoint_id = ENGINE_GUEST,
                                              .urgent = true};
        wsub_host_enter(hosts, subscriber_callback(), &others[i], wsub_now_us(),
                        &delay_ms);
    }
    claim('s');
    give_request();
    check_again_soon();
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
    for (unsigned i = 0; i < ENGINE_QUEUE_MAX; i++)
        engine_guest_leaves(&others[i], WSUB_HOST_SIGN_WELL);
}
END_TEST

/* Else a subscriber that is back would be refused without having been asked. */
START_TEST(a_host_that_is_down_is_a_failure_until_its_breaker_may_close)
{
    unsigned long delay_ms;

    engine_break_host();
    claim('s');
    give_request();
    delay_ms = strtoul(redis_arg(outcome("again"), DELAY), NULL, 10);
    ck_assert_uint_gt(delay_ms, ENGINE_BROKEN_MS - DEADLINE_MS);
    ck_assert_uint_le(delay_ms, ENGINE_BROKEN_MS + 2000);
    ck_assert_str_eq(redis_arg(redis_find("verified"), FAILURES), "1");
    check("again");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(a_host_that_breaks_down_meanwhile_is_a_failure_for_now)
{
    for (int i = 0; i < 4; i++) {
        engine_guest_leaves(engine_guest_enters(), WSUB_HOST_SIGN_UNREACHED);
        engine_guest_count = 0;
    }
    engine_guest_leaves(wait_for_host(), WSUB_HOST_SIGN_UNREACHED);
    check_again("2000", "1");
}
END_TEST

START_TEST(nothing_is_asked_while_the_process_drains)
{
    claim('s');
    redis_drain_loop();
    give_request();
    check_again("0", "0");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(what_waits_when_the_process_drains_is_due_at_once)
{
    struct wsub_host_ticket *guest = wait_for_host();

    redis_drain_loop();
    wsub_hosts_expire(hosts, true, wsub_now_us());
    check_again("0", "0");
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}
END_TEST

START_TEST(a_host_that_breaks_down_while_the_process_drains_is_no_failure)
{
    claim('s');
    engine_break_host();
    redis_drain_loop();
    give_request();
    check_again("0", "0");
}
END_TEST

START_TEST(what_waits_for_a_host_that_breaks_down_while_it_drains_is_no_failure)
{
    struct wsub_host_ticket *guest;

    for (int i = 0; i < 4; i++) {
        engine_guest_leaves(engine_guest_enters(), WSUB_HOST_SIGN_UNREACHED);
        engine_guest_count = 0;
    }
    guest = wait_for_host();
    redis_drain_loop();
    engine_guest_leaves(guest, WSUB_HOST_SIGN_UNREACHED);
    check_again("0", "0");
}
END_TEST

START_TEST(what_a_lost_link_left_is_repeated)
{
    claim('s');
    redis_wait("HGETALL");
    redis_drop();
    give_request_for("*", subscriber_callback());
    outcome("confirmed");
    redis_drop();
    redis_reply(outcome("confirmed"), APPLIED);
    give_home_record();
    redis_wait("replicate");
    redis_drop();
    replicated(0, "s");
    replicated(2, "s");
    check("replicated");
    ck_assert_uint_eq(subscriber_requests, 1);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    subscriber_holds = true;
    claim('s');
    give_request();
    WAIT_FOR(base, subscriber_held_count == 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("verification_waits");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_verification_waits_for_its_host);
    tcase_add_test(cases, a_verification_that_waits_in_vain_comes_again);
    tcase_add_test(cases, a_verification_whose_host_is_full_comes_again);
    tcase_add_test(
        cases, a_host_that_is_down_is_a_failure_until_its_breaker_may_close);
    tcase_add_test(cases,
                   a_host_that_breaks_down_meanwhile_is_a_failure_for_now);
    tcase_add_test(cases, nothing_is_asked_while_the_process_drains);
    tcase_add_test(cases, what_waits_when_the_process_drains_is_due_at_once);
    tcase_add_test(
        cases, a_host_that_breaks_down_while_the_process_drains_is_no_failure);
    tcase_add_test(
        cases,
        what_waits_for_a_host_that_breaks_down_while_it_drains_is_no_failure);
    tcase_add_test(cases, what_a_lost_link_left_is_repeated);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("verification_waits", cases);
}
