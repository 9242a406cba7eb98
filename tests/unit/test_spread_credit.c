/* test_credit.c - how many entries may be held, by spreader/credit.h. */
#include "spreader/credit.h"

#include "tests/unit/suite.h"

static const struct {
    size_t capacity, used, want, streams;
    size_t taken; /* of each stream */
} cases_of_taking[] = {
    {100, 0, 16, 2, 16}, {100, 70, 16, 2, 15}, {100, 69, 16, 2, 15},
    {100, 98, 16, 2, 1}, {100, 99, 16, 2, 0},  {100, 100, 16, 2, 0},
    {100, 120, 1, 2, 0}, {100, 0, 64, 1, 64},  {100, 50, 64, 1, 50},
};

START_TEST(credit_is_taken_for_all_streams_alike)
{
    struct spread_credit credit = {
        .capacity = cases_of_taking[_i].capacity,
        .used = cases_of_taking[_i].used,
    };
    size_t streams = cases_of_taking[_i].streams;
    size_t taken =
        spread_credit_take(&credit, cases_of_taking[_i].want, streams);

    ck_assert_uint_eq(taken, cases_of_taking[_i].taken);
    ck_assert_uint_eq(credit.used, cases_of_taking[_i].used + taken * streams);
    spread_credit_give_back(&credit, taken, streams);
    ck_assert_uint_eq(credit.used, cases_of_taking[_i].used);
}
END_TEST

START_TEST(entries_that_are_held_leave_no_credit_until_they_are_over)
{
    struct spread_credit credit = {.capacity = 4};

    ck_assert_uint_eq(spread_credit_take(&credit, 16, 2), 2);
    ck_assert_uint_eq(spread_credit_take(&credit, 1, 2), 0);
    spread_credit_give_back(&credit, 2, 2);
    for (int i = 0; i < 4; i++)
        spread_credit_hold(&credit);
    ck_assert_uint_eq(spread_credit_take(&credit, 1, 2), 0);
    spread_credit_release(&credit, 1);
    ck_assert_uint_eq(spread_credit_take(&credit, 1, 2), 0);
    spread_credit_release(&credit, 3);
    ck_assert_uint_eq(spread_credit_take(&credit, 16, 2), 2);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("credit");

    tcase_add_loop_test(cases, credit_is_taken_for_all_streams_alike, 0,
                        COUNT(cases_of_taking));
    tcase_add_test(cases,
                   entries_that_are_held_leave_no_credit_until_they_are_over);
    return suite_run("credit", cases);
}
