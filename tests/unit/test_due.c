/* test_due.c - the heap of deliver/due.h. */
#include "common/base/due.h"
#include "tests/unit/suite.h"

#define MANY 100

static struct wsub_dues dues;

static void set_up(void)
{
    dues = (struct wsub_dues){0};
}

static void tear_down(void)
{
    wsub_dues_done(&dues);
}

/* Takes all out, and checks that they come in order. */
static size_t empty(void)
{
    struct wsub_due *first;
    uint64_t last_us = 0;
    size_t count = 0;

    while ((first = wsub_due_first(&dues)) != NULL) {
        ck_assert_uint_ge(first->at_us, last_us);
        last_us = first->at_us;
        wsub_due_set(&dues, first, WSUB_DUE_NEVER);
        count++;
    }
    return count;
}

START_TEST(nothing_is_due_at_first)
{
    struct wsub_due one = {0};

    ck_assert_ptr_null(wsub_due_first(&dues));
    wsub_due_set(&dues, &one, WSUB_DUE_NEVER);
    ck_assert_ptr_null(wsub_due_first(&dues));
}
END_TEST

START_TEST(they_come_in_order_whatever_the_order_they_were_set_in)
{
    struct wsub_due many[MANY] = {0};

    for (uint64_t i = 0; i < MANY; i++)
        wsub_due_set(&dues, &many[i], i * 37 % MANY);
    ck_assert_uint_eq(wsub_due_first(&dues)->at_us, 0);
    ck_assert_uint_eq(empty(), MANY);
}
END_TEST

START_TEST(a_time_may_change_in_both_directions)
{
    struct wsub_due many[MANY] = {0};

    for (uint64_t i = 0; i < MANY; i++)
        wsub_due_set(&dues, &many[i], 1000 + i);
    for (uint64_t i = 0; i < MANY; i++)
        wsub_due_set(&dues, &many[i], i % 2 == 0 ? 5000 - i : 500 - i);
    ck_assert_ptr_eq(wsub_due_first(&dues), &many[MANY - 1]);
    ck_assert_uint_eq(empty(), MANY);
}
END_TEST

START_TEST(any_of_them_may_be_taken_out)
{
    struct wsub_due many[MANY] = {0};

    for (uint64_t i = 0; i < MANY; i++)
        wsub_due_set(&dues, &many[i], i * 53 % MANY);
    for (size_t i = 0; i < MANY; i += 3)
        wsub_due_set(&dues, &many[i], WSUB_DUE_NEVER);
    for (size_t i = 0; i < MANY; i++)
        ck_assert((many[i].place == 0) == (i % 3 == 0));
    ck_assert_uint_eq(empty(), MANY - 34);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("due");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, nothing_is_due_at_first);
    tcase_add_test(cases,
                   they_come_in_order_whatever_the_order_they_were_set_in);
    tcase_add_test(cases, a_time_may_change_in_both_directions);
    tcase_add_test(cases, any_of_them_may_be_taken_out);
    return suite_run("due", cases);
}
