/* test_pressure.c - when Redis is near its memory limit. */
#include "hub/pressure.h"

#include "common/groups/policy.h"
#include "tests/unit/suite.h"

static const struct wsub_config config = {
    .refuse_subscriptions_percent = 75,
    .refuse_content_percent = 85,
};

static const struct wsub_policy policy = {
    .lease_min_s = 3600,
    .lease_max_s = 864000,
};

/* n, s and c: the level by what it was. */
static const struct {
    uint64_t used, most;
    const char *from_normal, *from_subscriptions, *from_content;
} cases[] = {
    {0, 1000, "n", "n", "n"},
    {729, 1000, "n", "n", "n"},
    {730, 1000, "n", "s", "s"},
    {749, 1000, "n", "s", "s"},
    {750, 1000, "s", "s", "s"},
    {829, 1000, "s", "s", "s"},
    {830, 1000, "s", "s", "c"},
    {849, 1000, "s", "s", "c"},
    {850, 1000, "c", "c", "c"},
    {2000, 1000, "c", "c", "c"},
    {0, 0, "n", "n", "n"},
    {UINT64_MAX, 0, "n", "n", "n"},
    {UINT64_MAX, UINT64_MAX, "c", "c", "c"},
};

START_TEST(a_server_is_near_its_limit_between_two_marks)
{
    static const char names[] = "nsc";
    const char *wanted[] = {cases[_i].from_normal, cases[_i].from_subscriptions,
                            cases[_i].from_content};

    for (unsigned before = 0; before < HUB_PRESSURE_MAX_; before++)
        ck_assert_int_eq(
            names[hub_pressure_rule(&config, (enum hub_pressure_level)before,
                                    cases[_i].used, cases[_i].most)],
            wanted[before][0]);
}
END_TEST

static const struct {
    unsigned percent;
    uint64_t asked_s, given_s;
} leases[] = {
    {0, 864000, 864000},  {50, 864000, 864000}, {51, 864000, 829584},
    {51, 432000, 432000}, {63, 864000, 416592}, {74, 864000, 38016},
    {74, 3600, 3600},     {75, 864000, 3600},   {100, 432000, 3600},
    {100, 3600, 3600},
};

START_TEST(leases_shrink_before_subscriptions_are_refused)
{
    ck_assert_uint_eq(hub_pressure_lease(&config, &policy, leases[_i].percent,
                                         leases[_i].asked_s),
                      leases[_i].given_s);
}
END_TEST

START_TEST(settings_below_the_steps_are_fine)
{
    struct wsub_config low = config;

    low.refuse_subscriptions_percent = low.refuse_content_percent = 1;
    ck_assert_int_eq(hub_pressure_rule(&low, HUB_PRESSURE_NORMAL, 9, 1000),
                     HUB_PRESSURE_NORMAL);
    ck_assert_int_eq(hub_pressure_rule(&low, HUB_PRESSURE_NORMAL, 10, 1000),
                     HUB_PRESSURE_CONTENT);
    ck_assert_int_eq(hub_pressure_rule(&low, HUB_PRESSURE_CONTENT, 9, 1000),
                     HUB_PRESSURE_NORMAL);
    low.refuse_content_percent = 2;
    ck_assert_int_eq(hub_pressure_rule(&low, HUB_PRESSURE_CONTENT, 10, 1000),
                     HUB_PRESSURE_CONTENT);
    ck_assert_int_eq(hub_pressure_rule(&low, HUB_PRESSURE_CONTENT, 9, 1000),
                     HUB_PRESSURE_NORMAL);
    ck_assert_uint_eq(hub_pressure_lease(&low, &policy, 0, 864000), 864000);
    ck_assert_uint_eq(hub_pressure_lease(&low, &policy, 1, 864000), 3600);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pressure");

    tcase_add_loop_test(tests, a_server_is_near_its_limit_between_two_marks, 0,
                        COUNT(cases));
    tcase_add_loop_test(tests, leases_shrink_before_subscriptions_are_refused,
                        0, COUNT(leases));
    tcase_add_test(tests, settings_below_the_steps_are_fine);
    return suite_run("pressure", tests);
}
