/* test_group_rates.c - how many events a second a topic group may be sent. */
#include "hub/group_rates.h"

#include "common/groups/policy.h"
#include "tests/unit/suite.h"

#define START_US 7000000u
#define SECOND_US 1000000u

static struct hub_group_rates *rates;

static void setup(void)
{
    rates = hub_group_rates_new();
}

static void teardown(void)
{
    hub_group_rates_free(rates);
}

static uint32_t take(const char *group, uint32_t rate, uint64_t now_us)
{
    return hub_group_rates_take(
        rates, &(struct wsub_policy){.group = group, .publish_rate = rate},
        now_us);
}

START_TEST(a_group_has_what_a_second_brings)
{
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(take("a", 3, START_US), 0);
    ck_assert_uint_eq(take("a", 3, START_US), 1);
    ck_assert_uint_eq(take("b", 3, START_US), 0);
    ck_assert_uint_eq(take("a", 3, START_US + SECOND_US), 0);
}
END_TEST

START_TEST(another_rate_begins_anew)
{
    ck_assert_uint_eq(take("a", 1, START_US), 0);
    ck_assert_uint_eq(take("a", 1, START_US), 1);
    ck_assert_uint_eq(take("a", 2, START_US), 0);
    ck_assert_uint_eq(take("a", 0, START_US), 0);
}
END_TEST

START_TEST(without_a_group_nothing_is_limited)
{
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(take(NULL, 1, START_US), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("group_rates");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_group_has_what_a_second_brings);
    tcase_add_test(tests, another_rate_begins_anew);
    tcase_add_test(tests, without_a_group_nothing_is_limited);
    return suite_run("group_rates", tests);
}
