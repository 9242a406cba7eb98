/* test_log_repeats.c - which lines are repetitions. */
#include <string.h>

#include "common/base/log_repeats.h"
#include "tests/unit/suite.h"

static char told[256];
static uint64_t told_count;
static int tellings;

static void on_over(const char *line, size_t len, uint64_t count)
{
    ck_assert_uint_lt(len, sizeof(told));
    memcpy(told, line, len);
    told[len] = '\0';
    told_count = count;
    tellings++;
}

static bool pass(uint64_t key, uint64_t now_ms, const char *line)
{
    return wsub_log_repeats_pass(key, now_ms, line, strlen(line), on_over);
}

static int passed(uint64_t key, int count, uint64_t now_ms)
{
    int written = 0;

    for (int i = 0; i < count; i++)
        written += pass(key, now_ms, "line");
    return written;
}

START_TEST(the_first_few_are_written_and_the_rest_is_told_when_time_is_over)
{
    ck_assert_int_eq(passed(7, 20, 1000), WSUB_LOG_REPEATS_BURST);
    ck_assert(!pass(7, 1500, "last"));
    ck_assert(
        wsub_log_repeats_look(1000 + WSUB_LOG_REPEATS_MS - 1, false, on_over));
    ck_assert_int_eq(tellings, 0);
    ck_assert(
        !wsub_log_repeats_look(1000 + WSUB_LOG_REPEATS_MS, false, on_over));
    ck_assert_int_eq(tellings, 1);
    ck_assert_str_eq(told, "last");
    ck_assert_uint_eq(told_count, 21 - WSUB_LOG_REPEATS_BURST);
}
END_TEST

START_TEST(the_next_line_after_that_time_begins_anew)
{
    passed(7, 20, 1000);
    ck_assert_int_eq(passed(7, 20, 1000 + WSUB_LOG_REPEATS_MS),
                     WSUB_LOG_REPEATS_BURST);
    ck_assert_int_eq(tellings, 1);
}
END_TEST

START_TEST(one_that_takes_the_place_of_another_does_not_lose_its_count)
{
    passed(7, 20, 1000);
    for (uint64_t key = 8; key < 5000; key++)
        ck_assert_int_eq(passed(key, 1, 1000), 1);
    ck_assert_int_eq(tellings, 1);
    ck_assert_uint_eq(told_count, 20 - WSUB_LOG_REPEATS_BURST);
}
END_TEST

START_TEST(at_the_end_all_are_told)
{
    passed(7, 20, 1000);
    passed(8, 20, 1000);
    ck_assert(!wsub_log_repeats_look(1000, true, on_over));
    ck_assert_int_eq(tellings, 2);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("log_repeats");

    tcase_add_test(
        cases,
        the_first_few_are_written_and_the_rest_is_told_when_time_is_over);
    tcase_add_test(cases, the_next_line_after_that_time_begins_anew);
    tcase_add_test(cases,
                   one_that_takes_the_place_of_another_does_not_lose_its_count);
    tcase_add_test(cases, at_the_end_all_are_told);
    return suite_run("log_repeats", cases);
}
