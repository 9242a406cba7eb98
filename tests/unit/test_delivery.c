/* test_delivery.c - the way of a job, from its lane to the subscriber:
 * deliver/delivery.h.  How attempts end is in test_ending.c, cursor jobs are in
 * test_cursor_job.c. */
#include "tests/unit/delivery_fixture.h"

#define OUTCOME 3 /* arguments of settle.lua, of one job that is tried again */
#define DELAY 8

#define JOB "job outbox " ENTRY " "
#define DONE JOB "done " EVENT " 1"
#define NONE JOB "none " EVENT " 1"

#define CD2 "DDDDDDDDDDDDDDDDDDDDDD"

START_TEST(a_job_is_posted_and_settled)
{
    claim(CD);
    ck_assert_uint_eq(deliver_slots_used(slots), 1);
    ck_assert_uint_eq(deliver_deliveries_loading(deliveries), 1);
    give_event(TOPIC);
    give_subscription();
    WAIT_FOR(base, subscriber_requests == 1);
    ck_assert_str_eq(subscriber_body, "body");
    ck_assert_str_eq(subscriber_type, "x/y");
    check_settled(TOPIC, DONE);
}
END_TEST

/* Its host takes one request at a time: the others wait, and read their record
 * again. */
START_TEST(jobs_of_a_bundle_share_its_event_and_its_questions)
{
    char line[400];
    const char *lines[] = {line, line, line, NULL};

    snprintf(line, sizeof(line), "1 2000 900 12 - %s -", subscriber_callback());
    claim_as(DELIVER_LANE_BULK, ENTRY, false,
             (const char *[]){"e", EVENT, "c", CD " " CD2 " " CD, NULL});
    give_event(TOPIC);
    ck_assert_str_eq(redis_arg(redis_wait("HMGET"), 2), CD2);
    redis_reply(redis_find("HMGET"), redis_array(lines));
    ck_assert_str_eq(redis_arg(redis_wait("HMGET"), 1), CD2);
    redis_reply(redis_find("HMGET"), redis_array(&lines[2]));
    give_subscription();
    check_delivered(3);
    ck_assert_uint_eq(subscriber_requests, 3);
    ck_assert_ptr_null(redis_find("XRANGE"));
}
END_TEST

START_TEST(a_job_that_gets_its_slot_later_shares_what_the_first_one_has)
{
    deliver_slots_take(slots, ENGINE_SLOTS - 1);
    claim(CD " " CD);
    give_event(TOPIC);
    subscriber_holds = true;
    give_subscription();
    WAIT_FOR(base, subscriber_held_count == 1);
    deliver_slots_release(slots, ENGINE_SLOTS - 1);
    give_subscription();
    redis_turn_some();
    subscriber_go_on();
    give_subscription(); /* it has waited for its host */
    check_delivered(2);
    ck_assert_ptr_null(redis_find("XRANGE"));
}
END_TEST

START_TEST(an_entry_that_is_held_already_is_left_alone)
{
    claim(CD);
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD, NULL});
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD " " CD2, NULL});
    ck_assert_uint_eq(deliver_bundles_count(bundles), 1);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("crashes"));
    ck_assert_ptr_null(redis_find("split"));
}
END_TEST

static const char *const unread[][7] = {
    {"e", EVENT, "c", "short", NULL},
    {NULL},
    {"v", "2", "e", EVENT, "c", CD, NULL},
};

START_TEST(an_entry_that_can_t_be_read_is_held)
{
    struct redis_command *command;

    claim_as(DELIVER_LANE_OUTBOX, ENTRY, _i == 1, unread[_i]);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
    ck_assert_uint_eq(deliver_bundles_count(bundles), 0);
    command = redis_wait("hold");
    ck_assert_uint_eq(redis_shard(command), 1);
    redis_check_args(command, (const char *[]){"-", "outbox", ENTRY,
                                               "the entry", "5", NULL});
    redis_reply(command, _i == 0 ? "*3\r\n$4\r\nheld\r\n:1\r\n$3\r\n0-0\r\n"
                                 : "*3\r\n$4\r\ndead\r\n:5\r\n$3\r\n0-0\r\n");
    WAIT_FOR(base, engine_stat(_i == 0 ? DELIVER_STAT_ENTRY_HELD
                                       : DELIVER_STAT_ENTRY_DEAD) == 1);
}
END_TEST

START_TEST(an_event_that_is_lost_ends_its_job)
{
    uint64_t dropped = engine_stat(DELIVER_STAT_DROPPED);

    claim(CD);
    redis_reply(redis_wait("XRANGE"), "*0\r\n");
    redis_reply(redis_wait("HGETALL"), "*0\r\n");
    check_settled(TOPIC, NONE);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_DROPPED), dropped + 1);
}
END_TEST

static const char *const ended[] = {
    NULL,                                    /* unsubscribed */
    "1 1000 900 12 - http://s.example/cb -", /* its lease has ended */
};

START_TEST(without_a_subscription_there_is_nobody_to_deliver_to)
{
    claim(CD);
    give_event(TOPIC);
    give_line(TOPIC, ended[_i]);
    check_settled(TOPIC, NONE);
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(a_dotted_topic_has_levels_where_the_callback_may_be_subscribed)
{
    claim(CD);
    give_event("a.b.c");
    give_line("a.b.c", NULL);
    give_line("a.b", ended[1]);
    give_line("a", NULL);
    give_record("*", "-", "-", subscriber_callback());
    WAIT_FOR(base, subscriber_requests == 1);
    check_settled(TOPIC, DONE);
}
END_TEST

START_TEST(a_job_begins_at_its_level)
{
    claim(CD ":1");
    give_event("a.b.c");
    give_line("a.b", NULL);
    give_line("a", NULL);
    give_line("*", NULL);
    check_settled(TOPIC, NONE);
}
END_TEST

START_TEST(a_record_of_a_newer_format_is_held)
{
    claim(CD);
    give_event(TOPIC);
    give_line(TOPIC, "2 what ever");
    check_settled(TOPIC, JOB "hold " EVENT " " CD
                             " 0 0 1 the record of the subscription");
}
END_TEST

START_TEST(a_job_that_was_held_too_often_is_a_dead_letter)
{
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"e", EVENT, "c", CD, "n", "2", "k", "0", "h", "4",
                              NULL});
    give_event(TOPIC);
    give_line(TOPIC, "2 what ever");
    check_settled(TOPIC, JOB "retried @ " CD " " EVENT " dead " EVENT " " CD
                             " 2 " TOPIC
                             " - undecodable: the record of the subscription");
}
END_TEST

static const char *const cursor_flags[] = {"o", "f"};

START_TEST(a_job_of_a_subscription_in_cursor_mode_becomes_missed)
{
    claim(CD);
    give_event(TOPIC);
    give_record(TOPIC, cursor_flags[_i], "-", subscriber_callback());
    check_settled(TOPIC, JOB "miss " EVENT " " CD " @");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(a_job_is_sent_during_the_backfill)
{
    claim(CD);
    give_event(TOPIC);
    give_record(TOPIC, "c", "-", subscriber_callback());
    check_settled(TOPIC, DONE);
    ck_assert_uint_eq(subscriber_requests, 1);
}
END_TEST

START_TEST(a_callback_that_is_no_url_gets_nothing)
{
    claim(CD);
    give_event(TOPIC);
    give_record(TOPIC, "-", "-", "nonsense");
    check_settled(TOPIC, NONE);
}
END_TEST

/* The usual job waits for its host. */
static struct wsub_host_ticket *wait_for_host(void)
{
    struct wsub_host_ticket *guest = engine_guest_enters();
    struct wsub_hosts_counts counts;

    claim(CD);
    give_event(TOPIC);
    give_subscription();
    do {
        event_base_loop(base, EVLOOP_NONBLOCK);
        wsub_hosts_count(hosts, &counts);
    } while (counts.waiting == 0);
    ck_assert_uint_eq(deliver_deliveries_loading(deliveries), 0);
    return guest;
}

START_TEST(a_job_that_waited_for_its_host_reads_its_record_again)
{
    engine_guest_leaves(wait_for_host(), WSUB_HOST_SIGN_WELL);
    give_subscription();
    WAIT_FOR(base, subscriber_requests == 1);
    check_settled(TOPIC, DONE);
}
END_TEST

static void host_is_free(void)
{
    struct wsub_host_ticket *guest;

    engine_guest_count = 0;
    guest = engine_guest_enters();
    ck_assert_ptr_nonnull(guest->host);
    ck_assert_int_eq(guest->place, WSUB_HOST_SENDING);
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}

START_TEST(nothing_is_sent_when_the_subscription_has_ended_meanwhile)
{
    engine_guest_leaves(wait_for_host(), WSUB_HOST_SIGN_WELL);
    give_line(TOPIC, NULL);
    check_settled(TOPIC, NONE);
    ck_assert_uint_eq(subscriber_requests, 0);
    host_is_free();
}
END_TEST

START_TEST(a_job_that_waits_in_vain_comes_again)
{
    struct wsub_host_ticket *guest = wait_for_host();

    wsub_hosts_expire(hosts, true, wsub_now_us());
    check_settled(TOPIC, JOB "retry " EVENT " " CD " 0 0 1000 @");
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}
END_TEST

START_TEST(a_job_that_waits_when_its_process_drains_is_due_at_once)
{
    struct wsub_host_ticket *guest = wait_for_host();

    redis_drain_loop();
    wsub_hosts_expire(hosts, true, wsub_now_us());
    check_settled(TOPIC, JOB "retry " EVENT " " CD " 0 0 0 @");
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}
END_TEST

START_TEST(nothing_is_sent_while_the_process_drains)
{
    claim(CD);
    give_event(TOPIC);
    redis_drain_loop();
    give_subscription();
    check_settled(TOPIC, JOB "retry " EVENT " " CD " 0 0 0 @");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(what_has_a_host_when_the_process_drains_gives_it_back)
{
    engine_guest_leaves(wait_for_host(), WSUB_HOST_SIGN_WELL);
    redis_drain_loop();
    give_subscription();
    check_settled(TOPIC, JOB "retry " EVENT " " CD " 0 0 0 @");
    host_is_free();
}
END_TEST

START_TEST(a_job_whose_host_is_full_is_parked)
{
    struct wsub_host_ticket *guest = engine_guest_enters();
    char expected[200];
    struct redis_command *command;

    for (unsigned i = 0; i < ENGINE_QUEUE_MAX; i++)
        engine_guest_enters();
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"e", EVENT, "c", CD, "n", "2", NULL});
    give_event(TOPIC);
    give_subscription();
    snprintf(expected, sizeof(expected),
             "job outbox " ENTRY " retried %s " CD " " EVENT " park " EVENT
             " " CD " 2 0",
             td_of(TOPIC));
    ck_assert_int_eq(strncmp(settled(), expected, strlen(expected)), 0);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
    engine_guest_leaves(&engine_guests[1], WSUB_HOST_SIGN_WELL);
    command = redis_wait("unpark"); /* the host has capacity again */
    ck_assert_uint_eq(redis_shard(command), 1);
    engine_guest_leaves(&engine_guests[2], WSUB_HOST_SIGN_WELL);
}
END_TEST

START_TEST(a_job_whose_host_is_down_comes_again_untried)
{
    uint64_t put_back = engine_stat(DELIVER_STAT_PUT_BACK);
    uint64_t delay_ms;

    engine_break_host();
    claim(CD);
    give_event(TOPIC);
    give_subscription();
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "retry");
    delay_ms = settled_number(DELAY);
    ck_assert_uint_gt(delay_ms, 0);
    ck_assert_uint_le(delay_ms, ENGINE_BROKEN_MS + 2000);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_PUT_BACK), put_back + 1);
}
END_TEST

START_TEST(a_subscription_whose_host_is_down_too_often_is_suspended)
{
    config.suspend_after = 1;
    engine_break_host();
    claim(CD);
    give_event(TOPIC);
    give_subscription();
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "suspend");
    ck_assert_uint_gt(settled_number(DELAY), 0);
}
END_TEST

START_TEST(a_job_that_waits_for_a_host_that_breaks_down_comes_again)
{
    struct wsub_host_ticket *guest;

    for (int i = 0; i < 4; i++) {
        engine_guest_leaves(engine_guest_enters(), WSUB_HOST_SIGN_UNREACHED);
        engine_guest_count = 0;
    }
    guest = wait_for_host();
    engine_guest_leaves(guest, WSUB_HOST_SIGN_UNREACHED);
    ck_assert_str_eq(redis_arg(redis_wait("settle"), OUTCOME), "retry");
    ck_assert_uint_gt(settled_number(DELAY), 0);
}
END_TEST

START_TEST(a_job_that_was_taken_over_is_counted_and_goes_on)
{
    struct redis_command *command;

    claim_as(DELIVER_LANE_OUTBOX, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD, NULL});
    command = redis_wait("crashes");
    ck_assert_str_eq(redis_arg(command, 0), "taken");
    ck_assert_str_eq(redis_arg(command, 3), ENTRY);
    redis_reply(command, "*1\r\n:1\r\n");
    give_event(TOPIC);
    give_subscription();
    check_settled(TOPIC, DONE " cleared outbox " ENTRY);
}
END_TEST

START_TEST(a_job_that_was_handed_over_is_counted_too)
{
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"e", EVENT, "c", CD, "x", "1", NULL});
    redis_reply(redis_wait("crashes"), "*1\r\n:1\r\n");
    give_event(TOPIC);
    give_subscription();
    check_settled(TOPIC, DONE " cleared outbox " ENTRY);
}
END_TEST

START_TEST(a_job_that_was_settled_elsewhere_is_over)
{
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD, NULL});
    redis_reply(redis_wait("crashes"), "*1\r\n:0\r\n");
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
}
END_TEST

START_TEST(a_job_that_is_over_the_crash_limit_is_a_dead_letter)
{
    char expected[400];

    claim_as(DELIVER_LANE_OUTBOX, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD, "k", "1", NULL});
    redis_reply(redis_wait("crashes"), "*1\r\n:3\r\n");
    give_event(TOPIC);
    give_subscription();
    snprintf(expected, sizeof(expected),
             JOB "dead " EVENT " " CD " 0 " TOPIC " %s 4 processes ended while "
                 "they held it cleared outbox " ENTRY,
             subscriber_callback());
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(subscriber_requests, 0);
    host_is_free();
}
END_TEST

START_TEST(a_job_takes_only_those_crashes_along_for_which_it_was_alone)
{
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD, NULL});
    redis_reply(redis_wait("crashes"), "*1\r\n:3\r\n");
    redis_reply(redis_wait("crashes"), "*1\r\n:4\r\n"); /* alone now */
    give_event(TOPIC);
    give_line(TOPIC, "2 what ever");
    check_settled(TOPIC, JOB "hold " EVENT " " CD
                             " 0 1 1 the record of the subscription "
                             "cleared outbox " ENTRY);
}
END_TEST

START_TEST(a_bundle_that_was_taken_over_is_split)
{
    struct redis_command *command;

    claim_as(DELIVER_LANE_BULK, ENTRY, true,
             (const char *[]){"e", EVENT, "c", CD " " CD2, NULL});
    ck_assert_uint_eq(deliver_bundles_count(bundles), 0);
    command = redis_wait("split");
    ck_assert_uint_eq(redis_shard(command), 1);
    redis_check_args(command, (const char *[]){"bulk", ENTRY, NULL});
    redis_reply(command, ":2\r\n");
    redis_turn_some();
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
}
END_TEST

START_TEST(an_event_that_is_overdue_is_a_dead_letter)
{
    char expected[400];

    config.delivery_deadline_s = 99;
    delivery_configured();
    claim(CD);
    give_event(TOPIC);
    give_subscription();
    snprintf(expected, sizeof(expected),
             JOB "dead " EVENT " " CD " 0 " TOPIC
                 " %s delivery_deadline_s has passed",
             subscriber_callback());
    ck_assert_str_eq(settled(), expected);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(subscriber_requests, 0);
    host_is_free();
}
END_TEST

START_TEST(what_a_lost_link_left_is_repeated)
{
    claim(CD);
    redis_wait("XRANGE");
    redis_drop();
    give_event(TOPIC);
    redis_wait("HMGET");
    redis_drop();
    give_subscription();
    redis_wait("settle");
    redis_drop();
    check_settled(TOPIC, DONE);
    ck_assert_uint_eq(subscriber_requests, 1);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    subscriber_holds = true;
    post_job();
    claim_as(DELIVER_LANE_OUTBOX, "6-0", false,
             (const char *[]){"e", "900001-0", "c", CD, NULL});
    redis_wait("XRANGE");
    claim_as(DELIVER_LANE_OUTBOX, "7-0", true,
             (const char *[]){"e", EVENT, "c", CD, NULL});
    redis_wait("crashes");
    deliver_slots_take(slots, ENGINE_SLOTS);
    claim_as(DELIVER_LANE_OUTBOX, "8-0", false,
             (const char *[]){"e", EVENT, "c", CD, NULL});
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("delivery");

    tcase_add_checked_fixture(cases, delivery_set_up, delivery_tear_down);
    tcase_add_test(cases, a_job_is_posted_and_settled);
    tcase_add_test(cases, jobs_of_a_bundle_share_its_event_and_its_questions);
    tcase_add_test(
        cases, a_job_that_gets_its_slot_later_shares_what_the_first_one_has);
    tcase_add_test(cases, an_entry_that_is_held_already_is_left_alone);
    tcase_add_loop_test(cases, an_entry_that_can_t_be_read_is_held, 0,
                        COUNT(unread));
    tcase_add_test(cases, an_event_that_is_lost_ends_its_job);
    tcase_add_loop_test(cases,
                        without_a_subscription_there_is_nobody_to_deliver_to, 0,
                        COUNT(ended));
    tcase_add_test(
        cases, a_dotted_topic_has_levels_where_the_callback_may_be_subscribed);
    tcase_add_test(cases, a_job_begins_at_its_level);
    tcase_add_test(cases, a_record_of_a_newer_format_is_held);
    tcase_add_test(cases, a_job_that_was_held_too_often_is_a_dead_letter);
    tcase_add_loop_test(cases,
                        a_job_of_a_subscription_in_cursor_mode_becomes_missed,
                        0, COUNT(cursor_flags));
    tcase_add_test(cases, a_job_is_sent_during_the_backfill);
    tcase_add_test(cases, a_callback_that_is_no_url_gets_nothing);
    tcase_add_test(cases,
                   a_job_that_waited_for_its_host_reads_its_record_again);
    tcase_add_test(cases,
                   nothing_is_sent_when_the_subscription_has_ended_meanwhile);
    tcase_add_test(cases, a_job_that_waits_in_vain_comes_again);
    tcase_add_test(cases,
                   a_job_that_waits_when_its_process_drains_is_due_at_once);
    tcase_add_test(cases, nothing_is_sent_while_the_process_drains);
    tcase_add_test(cases,
                   what_has_a_host_when_the_process_drains_gives_it_back);
    tcase_add_test(cases, a_job_whose_host_is_full_is_parked);
    tcase_add_test(cases, a_job_whose_host_is_down_comes_again_untried);
    tcase_add_test(cases,
                   a_subscription_whose_host_is_down_too_often_is_suspended);
    tcase_add_test(cases,
                   a_job_that_waits_for_a_host_that_breaks_down_comes_again);
    tcase_add_test(cases, a_job_that_was_taken_over_is_counted_and_goes_on);
    tcase_add_test(cases, a_job_that_was_handed_over_is_counted_too);
    tcase_add_test(cases, a_job_that_was_settled_elsewhere_is_over);
    tcase_add_test(cases, a_job_that_is_over_the_crash_limit_is_a_dead_letter);
    tcase_add_test(cases,
                   a_job_takes_only_those_crashes_along_for_which_it_was_alone);
    tcase_add_test(cases, a_bundle_that_was_taken_over_is_split);
    tcase_add_test(cases, an_event_that_is_overdue_is_a_dead_letter);
    tcase_add_test(cases, what_a_lost_link_left_is_repeated);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("delivery", cases);
}
