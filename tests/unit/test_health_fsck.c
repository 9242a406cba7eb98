/* test_health_fsck.c - how far an fsck is, by spreader/health/fsck.h. */
#include "spreader/health/fsck.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/unit/suite.h"

static struct spread_fsck fsck;

static void begin(bool repairs)
{
    spread_fsck_begin(&fsck, 3, repairs, 1000);
}

static void check_over(size_t left, size_t open)
{
    spread_fsck_begins_check(&fsck);
    spread_fsck_passed(&fsck, true, left, open, 2000);
}

static void set_up(void)
{
    spread_fsck_forget(&fsck);
}

START_TEST(one_that_was_not_begun_wants_nothing)
{
    check_over(4, 4);
    ck_assert(!spread_fsck_wants_check(&fsck));
    ck_assert(!spread_fsck_repairs(&fsck));
    ck_assert_ptr_null(spread_fsck_state(&fsck));
}
END_TEST

START_TEST(one_that_only_looks_is_done_with_one_check)
{
    begin(false);
    ck_assert(spread_fsck_wants_check(&fsck));
    ck_assert(!spread_fsck_repairs(&fsck));
    check_over(4, 4);
    ck_assert_str_eq(spread_fsck_state(&fsck), "done");
    ck_assert_uint_eq(fsck.found, 4);
    ck_assert_uint_eq(fsck.left, 4);
}
END_TEST

START_TEST(a_check_that_began_before_it_does_not_count)
{
    begin(true);
    spread_fsck_passed(&fsck, true, 0, 0, 2000);
    ck_assert(spread_fsck_wants_check(&fsck));
    spread_fsck_passed(&fsck, false, 0, 0, 2000);
    ck_assert(spread_fsck_wants_check(&fsck));
    ck_assert_str_eq(spread_fsck_state(&fsck), "running");
}
END_TEST

START_TEST(what_was_mended_is_checked_in_another_round)
{
    begin(true);
    check_over(2, 2);
    ck_assert(!spread_fsck_wants_check(&fsck));
    spread_fsck_mended(&fsck);
    spread_fsck_mended(&fsck);
    spread_fsck_passed(&fsck, false, 2, 2, 3000);
    ck_assert(!spread_fsck_wants_check(&fsck));
    spread_fsck_passed(&fsck, false, 0, 0, 3000);
    ck_assert(spread_fsck_wants_check(&fsck));
    check_over(0, 0);
    ck_assert_str_eq(spread_fsck_state(&fsck), "done");
    ck_assert_uint_eq(fsck.found, 2);
    ck_assert_uint_eq(fsck.mended, 2);
    ck_assert_uint_eq(fsck.left, 0);
    ck_assert_uint_eq(fsck.rounds, 2);
}
END_TEST

START_TEST(it_ends_when_nothing_of_a_round_can_be_mended)
{
    begin(true);
    check_over(1, 1);
    spread_fsck_passed(&fsck, false, 1, 0, 3000);
    ck_assert_str_eq(spread_fsck_state(&fsck), "done");
    ck_assert_uint_eq(fsck.left, 1);
}
END_TEST

START_TEST(one_that_is_done_is_not_begun_again)
{
    begin(false);
    check_over(0, 0);
    begin(false);
    ck_assert(!spread_fsck_wants_check(&fsck));
    spread_fsck_begin(&fsck, 4, true, 1000);
    ck_assert(spread_fsck_wants_check(&fsck));
}
END_TEST

START_TEST(its_progress_says_who_is_at_it)
{
    char *text;
    json_t *root;

    begin(true);
    spread_fsck_begins_check(&fsck);
    text = spread_fsck_json(&fsck, 17, "spreader-1");
    root = json_loads(text, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(root, "phase")),
                     "checking");
    ck_assert_str_eq(json_string_value(json_object_get(root, "by")),
                     "spreader-1");
    ck_assert_int_eq(json_integer_value(json_object_get(root, "keys")), 17);
    ck_assert(json_is_null(json_object_get(root, "ended_ms")));
    json_decref(root);
    free(text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("fsck");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, one_that_was_not_begun_wants_nothing);
    tcase_add_test(tcase, one_that_only_looks_is_done_with_one_check);
    tcase_add_test(tcase, a_check_that_began_before_it_does_not_count);
    tcase_add_test(tcase, what_was_mended_is_checked_in_another_round);
    tcase_add_test(tcase, it_ends_when_nothing_of_a_round_can_be_mended);
    tcase_add_test(tcase, one_that_is_done_is_not_begun_again);
    tcase_add_test(tcase, its_progress_says_who_is_at_it);
    return suite_run("health_fsck", tcase);
}
