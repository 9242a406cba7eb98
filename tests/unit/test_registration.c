/* test_registration.c - how registrations that fail are counted, and when the
 * next one comes (common/cluster/registration.h). */
#include "common/cluster/registration.h"

#include "tests/unit/suite.h"

#define LOWEST 0u
#define HIGHEST UINT32_MAX

static struct wsub_config config;
static struct wsub_registration registration;

static void set_up(void)
{
    config = (struct wsub_config){
        .initial_reregister_interval_ms = 1000,
        .normal_reregister_interval_ms = 15000,
        .retry_reregister_interval_ms = 3000,
        .enable_exponential_backoff = true,
        .max_backoff_interval_ms = 60000,
        .failure_notification_threshold = 3,
        .max_consecutive_failures = 5,
    };
    wsub_registration_init(&registration, &config);
}

static enum wsub_health_change failures_in_a_row(unsigned times)
{
    enum wsub_health_change change = WSUB_HEALTH_STAYS;

    for (unsigned i = 0; i < times; i++)
        change = wsub_registration_failed(&registration);
    return change;
}

static const struct {
    enum wsub_health_change change;
    enum wsub_health health;
} failures[] = {
    {WSUB_HEALTH_STAYS, WSUB_HEALTHY},     {WSUB_HEALTH_STAYS, WSUB_HEALTHY},
    {WSUB_HEALTH_DEGRADED, WSUB_DEGRADED}, {WSUB_HEALTH_STAYS, WSUB_DEGRADED},
    {WSUB_HEALTH_FAILED, WSUB_FAILED},     {WSUB_HEALTH_STAYS, WSUB_FAILED},
};

START_TEST(each_change_is_told_once)
{
    ck_assert_int_eq(failures_in_a_row((unsigned)_i + 1), failures[_i].change);
    ck_assert_int_eq(registration.health, failures[_i].health);
    ck_assert_uint_eq(registration.failures, (unsigned)_i + 1);
}
END_TEST

static const struct {
    unsigned failures;
    enum wsub_health_change change;
} recoveries[] = {
    {0, WSUB_HEALTH_STAYS},     {2, WSUB_HEALTH_STAYS},
    {3, WSUB_HEALTH_RECOVERED}, {4, WSUB_HEALTH_RECOVERED},
    {5, WSUB_HEALTH_CLOSED},    {9, WSUB_HEALTH_CLOSED},
};

START_TEST(one_success_makes_it_healthy)
{
    failures_in_a_row(recoveries[_i].failures);
    ck_assert_int_eq(wsub_registration_succeeded(&registration),
                     recoveries[_i].change);
    ck_assert_int_eq(registration.health, WSUB_HEALTHY);
    ck_assert_uint_eq(registration.failures, 0);
    ck_assert_int_eq(failures_in_a_row(2),
                     WSUB_HEALTH_STAYS); /* counted anew */
}
END_TEST

START_TEST(it_may_fail_without_being_degraded_before)
{
    config.failure_notification_threshold = 9;
    ck_assert_int_eq(failures_in_a_row(4), WSUB_HEALTH_STAYS);
    ck_assert_int_eq(failures_in_a_row(1), WSUB_HEALTH_FAILED);
}
END_TEST

static const struct {
    unsigned failures;
    uint32_t longest_ms, shortest_ms;
} delays[] = {
    {1, 2000, 1801},   {2, 4000, 3601},   {3, 8000, 7201},   {4, 16000, 14401},
    {5, 32000, 28801}, {6, 60000, 54001}, {7, 60000, 54001},
};

START_TEST(after_failures_the_delay_doubles)
{
    config.max_consecutive_failures = 100;
    failures_in_a_row(delays[_i].failures);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST),
                      delays[_i].longest_ms);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, HIGHEST),
                      delays[_i].shortest_ms);
}
END_TEST

START_TEST(the_delay_has_a_longest)
{
    config.max_backoff_interval_ms = 5000;
    failures_in_a_row(1);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 2000);
    failures_in_a_row(2);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 5000);
    config.max_backoff_interval_ms = 100;
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 100);
}
END_TEST

START_TEST(without_backoff_the_delay_stays)
{
    config.enable_exponential_backoff = false;
    failures_in_a_row(1);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 3000);
    failures_in_a_row(3);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 3000);
}
END_TEST

START_TEST(while_the_breaker_is_open_one_attempt_a_minute_is_made)
{
    config.max_backoff_interval_ms = 1000;
    failures_in_a_row(5);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 60000);
    failures_in_a_row(5);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 60000);
}
END_TEST

START_TEST(the_second_registration_comes_soon_and_others_later)
{
    wsub_registration_succeeded(&registration);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, HIGHEST), 1000);
    wsub_registration_succeeded(&registration);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 15000);
}
END_TEST

START_TEST(the_one_after_a_recovery_comes_soon_too)
{
    wsub_registration_succeeded(&registration);
    wsub_registration_succeeded(&registration);
    failures_in_a_row(1);
    wsub_registration_succeeded(&registration);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 1000);
    wsub_registration_succeeded(&registration);
    ck_assert_uint_eq(wsub_registration_delay_ms(&registration, LOWEST), 15000);
}
END_TEST

START_TEST(each_health_has_a_name)
{
    ck_assert_str_eq(wsub_health_name(WSUB_HEALTHY), "healthy");
    ck_assert_str_eq(wsub_health_name(WSUB_DEGRADED), "degraded");
    ck_assert_str_eq(wsub_health_name(WSUB_FAILED), "failed");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("registration");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_loop_test(cases, each_change_is_told_once, 0, COUNT(failures));
    tcase_add_loop_test(cases, one_success_makes_it_healthy, 0,
                        COUNT(recoveries));
    tcase_add_test(cases, it_may_fail_without_being_degraded_before);
    tcase_add_loop_test(cases, after_failures_the_delay_doubles, 0,
                        COUNT(delays));
    tcase_add_test(cases, the_delay_has_a_longest);
    tcase_add_test(cases, without_backoff_the_delay_stays);
    tcase_add_test(cases,
                   while_the_breaker_is_open_one_attempt_a_minute_is_made);
    tcase_add_test(cases, the_second_registration_comes_soon_and_others_later);
    tcase_add_test(cases, the_one_after_a_recovery_comes_soon_too);
    tcase_add_test(cases, each_health_has_a_name);
    return suite_run("registration", cases);
}
