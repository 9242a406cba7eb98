/* test_test_event.c - ids of test events. */
#include "common/store/test_event.h"

#include "tests/unit/suite.h"

static const struct {
    const char *id;
    bool is_test;
} ids[] = {
    {"1795276380946-0", false},
    {"1795276380946-4294959999", false},
    {"1795276380946-4294960000", true},
    {"1795276380946-4294967295", true},
    {"1795276380946-4294967296", false},
    {"1795276380946-18446744073709551615", false},
    {"", false},
    {"1795276380946", false},
};

START_TEST(the_number_tells)
{
    ck_assert_int_eq(wsub_test_event_is(ids[_i].id), ids[_i].is_test);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("test_event");

    tcase_add_loop_test(cases, the_number_tells, 0, COUNT(ids));
    return suite_run("test_event", cases);
}
