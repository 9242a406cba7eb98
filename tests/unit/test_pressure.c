/* test_pressure.c - when Redis is near its memory limit. */
#include "hub/pressure.h"

#include "tests/unit/suite.h"

static const struct {
    uint64_t used, most;
    bool from_low, from_high; /* what it is, by what it was */
} cases[] = {
    {0, 1000, false, false},
    {829, 1000, false, false},
    {830, 1000, false, true},
    {849, 1000, false, true},
    {850, 1000, true, true},
    {2000, 1000, true, true},
    {0, 0, false, false},
    {UINT64_MAX, 0, false, false},
    {UINT64_MAX, UINT64_MAX, true, true},
};

START_TEST(a_server_is_near_its_limit_between_two_marks)
{
    ck_assert_int_eq(hub_pressure_rule(false, cases[_i].used, cases[_i].most),
                     cases[_i].from_low);
    ck_assert_int_eq(hub_pressure_rule(true, cases[_i].used, cases[_i].most),
                     cases[_i].from_high);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pressure");

    tcase_add_loop_test(tests, a_server_is_near_its_limit_between_two_marks, 0,
                        COUNT(cases));
    return suite_run("pressure", tests);
}
