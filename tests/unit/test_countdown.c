/* test_countdown.c - what goes on when all have had their reply. */
#include "common/base/countdown.h"

#include "tests/unit/suite.h"

static unsigned done;

static void on_done(void *arg)
{
    ck_assert_ptr_eq(arg, &done);
    done++;
}

static void set_up(void)
{
    done = 0;
}

START_TEST(without_a_command_it_is_done_at_once)
{
    struct wsub_countdown all;

    wsub_countdown_start(&all, on_done, &done);
    ck_assert_uint_eq(done, 0);
    wsub_countdown_off(&all);
    ck_assert_uint_eq(done, 1);
}
END_TEST

START_TEST(replies_that_come_while_commands_are_sent_do_not_end_it)
{
    struct wsub_countdown all;

    wsub_countdown_start(&all, on_done, &done);
    for (int i = 0; i < 3; i++) {
        wsub_countdown_add(&all);
        wsub_countdown_off(&all);
    }
    ck_assert_uint_eq(done, 0);
    wsub_countdown_off(&all);
    ck_assert_uint_eq(done, 1);
}
END_TEST

START_TEST(the_last_reply_ends_it)
{
    struct wsub_countdown all;

    wsub_countdown_start(&all, on_done, &done);
    wsub_countdown_add(&all);
    wsub_countdown_add(&all);
    wsub_countdown_off(&all);
    wsub_countdown_off(&all);
    ck_assert_uint_eq(done, 0);
    wsub_countdown_off(&all);
    ck_assert_uint_eq(done, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("countdown");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, without_a_command_it_is_done_at_once);
    tcase_add_test(cases,
                   replies_that_come_while_commands_are_sent_do_not_end_it);
    tcase_add_test(cases, the_last_reply_ends_it);
    return suite_run("countdown", cases);
}
