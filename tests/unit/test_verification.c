/* test_verification.c - from an entry of `verify` to what is applied:
 * deliver/verification.h. */
#include "tests/unit/verification_fixture.h"

START_TEST(a_challenge_that_is_echoed_confirms)
{
    struct redis_command *command;
    uint64_t confirmed = engine_stat(DELIVER_STAT_CONFIRMED);

    claim('s');
    ck_assert_uint_eq(deliver_slots_used(slots), 0); /* it needs none */
    ck_assert_uint_eq(deliver_verifications_count(verifications), 1);
    redis_check_args(redis_wait("HGETALL"),
                     (const char *[]){"w:{1}:request:" TD ":" CD ":s", NULL});
    give_request();
    command = outcome("confirmed");
    redis_check_args(command,
                     (const char *[]){TD, CD, "s", "12", "confirmed",
                                      redis_arg(command, 5), "0", "0", ENTRY,
                                      "-", "", "0", "0", "0", NULL});
    check("confirmed");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_CONFIRMED), confirmed + 1);
    ck_assert_ptr_nonnull(strstr(subscriber_query, "hub.mode=subscribe"));
    ck_assert_ptr_nonnull(strstr(subscriber_query, "hub.lease_seconds=900"));
    ck_assert_ptr_nonnull(
        strstr(subscriber_query, "hub.topic=http%3A%2F%2Ft.example%2F"));
    ck_assert_str_eq(subscriber_agent, "websubd/1");
    host_is_free();
}
END_TEST

START_TEST(an_unsubscription_is_confirmed_the_same_way)
{
    claim('u');
    give_request();
    ck_assert_str_eq(redis_arg(outcome("confirmed"), MODE), "u");
    check("confirmed");
    ck_assert_ptr_nonnull(strstr(subscriber_query, "hub.mode=unsubscribe"));
    ck_assert_ptr_null(strstr(subscriber_query, "hub.lease_seconds"));
}
END_TEST

static const struct {
    int status;
    const char *echo; /* NULL: the challenge */
} refusals[] = {{404, NULL},    {410, NULL}, {301, NULL},
                {200, "wrong"}, {200, ""},   {204, NULL}};

START_TEST(another_response_refuses)
{
    uint64_t refused = engine_stat(DELIVER_STAT_REFUSED);

    subscriber_status = refusals[_i].status;
    subscriber_echo = refusals[_i].echo;
    claim('s');
    give_request();
    check("refused");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_REFUSED), refused + 1);
}
END_TEST

static const struct {
    const char *before, *delay_ms, *failures;
} retries[] = {{NULL, "2000", "1"}, {"1", "5000", "2"}, {"2", "15000", "3"}};

START_TEST(a_failure_for_now_is_tried_again)
{
    uint64_t retried = engine_stat(DELIVER_STAT_VERIFY_RETRIED);

    subscriber_status = 500;
    claim_failed('s', retries[_i].before);
    give_request();
    check_again(retries[_i].delay_ms, retries[_i].failures);
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_VERIFY_RETRIED), retried + 1);
}
END_TEST

START_TEST(the_last_failure_refuses)
{
    subscriber_status = 500;
    claim_failed('s', "3");
    give_request();
    check("refused");
}
END_TEST

START_TEST(a_callback_that_is_not_reached_is_tried_again)
{
    claim('s');
    give_request_for("http://t.example/", "http://127.0.0.1:1/cb");
    check_again("2000", "1");
}
END_TEST

START_TEST(a_callback_that_hangs_is_tried_again)
{
    poster.timeout_ms = 100;
    subscriber_holds = true;
    claim('s');
    give_request();
    check_again("2000", "1");
}
END_TEST

static const struct {
    const char *words[7];
} malformed[] = {
    {{NULL}},
    {{"q", "short", "g", "12", NULL}},
    {{"q", TD ":" CD ":x", "g", "12", NULL}},
    {{"q", TD "-" CD ":s", "g", "12", NULL}},
};

static void check_held(const char *why)
{
    struct redis_command *command = redis_wait("hold");

    redis_check_args(command,
                     (const char *[]){"-", "verify", ENTRY, why, "5", NULL});
    redis_reply(command, "*3\r\n$4\r\nheld\r\n:1\r\n$3\r\n0-0\r\n");
    WAIT_FOR(base, deliver_verifications_count(verifications) == 0);
}

START_TEST(a_malformed_entry_is_held)
{
    claim_words(malformed[_i].words);
    check_held("the entry");
    ck_assert_ptr_null(redis_find("HGETALL"));
}
END_TEST

START_TEST(a_request_of_a_newer_version_is_held)
{
    claim('s');
    redis_reply(redis_wait("HGETALL"), "*2\r\n$1\r\nv\r\n$1\r\n2\r\n");
    check_held("the request");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

static const char *const superseded[][16] = {
    {NULL}, /* none waits */
    {"g", "13", "tg", "t", "c", "http://s.example/", "l", "9", NULL},
    {"g", "12", "c", "http://s.example/", "l", "9", NULL}, /* can't be read */
};

START_TEST(a_request_that_no_longer_waits_is_not_verified)
{
    claim('s');
    give_fields(superseded[_i]);
    check("refused");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(a_callback_that_is_no_url_is_refused)
{
    uint64_t refused = engine_stat(DELIVER_STAT_REFUSED);

    claim('s');
    give_request_for("http://t.example/", "nonsense");
    check("refused");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_REFUSED), refused + 1);
}
END_TEST

START_TEST(a_denial_for_a_callback_that_is_no_url_is_dropped)
{
    claim('d');
    give_fields(
        (const char *[]){"g", "12", "tg", "t", "c", "nonsense", "r", "", NULL});
    check("untold");
}
END_TEST

START_TEST(an_entry_that_is_held_already_is_left_alone)
{
    claim('s');
    claim('s');
    ck_assert_uint_eq(deliver_verifications_count(verifications), 1);
    give_request();
    check("confirmed");
}
END_TEST

START_TEST(a_subscription_to_the_wildcard_comes_to_all_shards)
{
    claim('s');
    give_request_for("*", subscriber_callback());
    ck_assert_str_eq(redis_arg(outcome("confirmed"), 9), "replicas");
    redis_reply(outcome("confirmed"), APPLIED);
    give_home_record();
    replicated(0, "s");
    ck_assert_ptr_null(redis_find("verified"));
    replicated(2, "s");
    check("replicated");
}
END_TEST

START_TEST(an_unsubscription_from_the_wildcard_goes_from_all_shards)
{
    claim('u');
    give_request_for("*", subscriber_callback());
    redis_reply(outcome("confirmed"), APPLIED);
    replicated(0, "u");
    replicated(2, "u");
    check("replicated");
}
END_TEST

START_TEST(what_a_process_left_confirmed_is_replicated_without_asking)
{
    claim('s');
    give_fields((const char *[]){"g", "12", "t", "*", "tg", "*", "c",
                                 subscriber_callback(), "l", "900", "ok", "1",
                                 NULL});
    give_home_record();
    replicated(0, "s");
    replicated(2, "s");
    check("replicated");
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(a_denial_is_told)
{
    uint64_t told = engine_stat(DELIVER_STAT_DENIAL_TOLD);

    subscriber_status = 202;
    claim('d');
    give_denial("http://t.example/", "not here");
    check("told");
    ck_assert_str_eq(subscriber_query,
                     "hub.mode=denied&hub.topic=http%3A%2F%2Ft.example%2F&"
                     "hub.reason=not%20here");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_DENIAL_TOLD), told + 1);
}
END_TEST

START_TEST(a_denial_that_is_not_heard_is_told_again)
{
    uint64_t retried = engine_stat(DELIVER_STAT_DENIAL_RETRIED);

    subscriber_status = 404;
    claim('d');
    give_denial("http://t.example/", "");
    check_again("2000", "1");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_DENIAL_RETRIED), retried + 1);
}
END_TEST

START_TEST(a_denial_that_is_never_heard_is_dropped)
{
    uint64_t untold = engine_stat(DELIVER_STAT_DENIAL_UNTOLD);

    subscriber_status = 404;
    claim_failed('d', "3");
    give_denial("http://t.example/", "");
    check("untold");
    ck_assert_uint_eq(engine_stat(DELIVER_STAT_DENIAL_UNTOLD), untold + 1);
}
END_TEST

START_TEST(a_denied_wildcard_loses_its_replicas_before_it_is_told)
{
    claim('d');
    give_denial("*", "");
    replicated(0, "u");
    ck_assert_uint_eq(subscriber_requests, 0);
    replicated(2, "u");
    check("told");
    ck_assert_uint_eq(subscriber_requests, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("verification");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_challenge_that_is_echoed_confirms);
    tcase_add_test(cases, an_unsubscription_is_confirmed_the_same_way);
    tcase_add_loop_test(cases, another_response_refuses, 0, COUNT(refusals));
    tcase_add_loop_test(cases, a_failure_for_now_is_tried_again, 0,
                        COUNT(retries));
    tcase_add_test(cases, the_last_failure_refuses);
    tcase_add_test(cases, a_callback_that_is_not_reached_is_tried_again);
    tcase_add_test(cases, a_callback_that_hangs_is_tried_again);
    tcase_add_loop_test(cases, a_malformed_entry_is_held, 0, COUNT(malformed));
    tcase_add_test(cases, a_request_of_a_newer_version_is_held);
    tcase_add_loop_test(cases, a_request_that_no_longer_waits_is_not_verified,
                        0, COUNT(superseded));
    tcase_add_test(cases, a_callback_that_is_no_url_is_refused);
    tcase_add_test(cases, a_denial_for_a_callback_that_is_no_url_is_dropped);
    tcase_add_test(cases, an_entry_that_is_held_already_is_left_alone);
    tcase_add_test(cases, a_subscription_to_the_wildcard_comes_to_all_shards);
    tcase_add_test(cases,
                   an_unsubscription_from_the_wildcard_goes_from_all_shards);
    tcase_add_test(cases,
                   what_a_process_left_confirmed_is_replicated_without_asking);
    tcase_add_test(cases, a_denial_is_told);
    tcase_add_test(cases, a_denial_that_is_not_heard_is_told_again);
    tcase_add_test(cases, a_denial_that_is_never_heard_is_dropped);
    tcase_add_test(cases,
                   a_denied_wildcard_loses_its_replicas_before_it_is_told);
    return suite_run("verification", cases);
}
