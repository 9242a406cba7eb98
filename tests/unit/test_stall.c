/* test_stall.c - the standstills of deliver/stall.h. */
#include "deliver/stall.h"
#include "tests/unit/suite.h"

#define EVERY_MS 500
#define LEAST_MS 250
#define START_MS 1000

static struct deliver_stall beating(void)
{
    struct deliver_stall stall = {.every_ms = EVERY_MS, .least_ms = LEAST_MS};

    deliver_stall_beat(&stall, START_MS);
    return stall;
}

START_TEST(before_the_first_beat_there_is_none)
{
    struct deliver_stall stall = {.every_ms = EVERY_MS, .least_ms = LEAST_MS};

    ck_assert(!deliver_stall_since(&stall, 0, 100000));
}
END_TEST

START_TEST(a_beat_that_is_a_little_late_is_none)
{
    struct deliver_stall stall = beating();
    uint64_t late_ms = START_MS + EVERY_MS + LEAST_MS - 1;

    deliver_stall_beat(&stall, late_ms);
    ck_assert(!deliver_stall_since(&stall, START_MS, late_ms));
}
END_TEST

START_TEST(it_is_known_before_the_late_beat)
{
    struct deliver_stall stall = beating();
    uint64_t late_ms = START_MS + EVERY_MS + LEAST_MS;

    ck_assert(deliver_stall_since(&stall, START_MS + 10, late_ms));
}
END_TEST

START_TEST(it_is_known_after_the_late_beat_for_what_began_before)
{
    struct deliver_stall stall = beating();
    uint64_t late_ms = START_MS + 3000;

    deliver_stall_beat(&stall, late_ms);
    ck_assert(deliver_stall_since(&stall, late_ms - 1, late_ms + 100));
    ck_assert(!deliver_stall_since(&stall, late_ms, late_ms + 100));
}
END_TEST

START_TEST(later_beats_do_not_forget_it)
{
    struct deliver_stall stall = beating();
    uint64_t late_ms = START_MS + 3000;

    deliver_stall_beat(&stall, late_ms);
    deliver_stall_beat(&stall, late_ms + EVERY_MS);
    ck_assert(deliver_stall_since(&stall, late_ms - 1, late_ms + EVERY_MS + 1));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("stall");

    tcase_add_test(cases, before_the_first_beat_there_is_none);
    tcase_add_test(cases, a_beat_that_is_a_little_late_is_none);
    tcase_add_test(cases, it_is_known_before_the_late_beat);
    tcase_add_test(cases,
                   it_is_known_after_the_late_beat_for_what_began_before);
    tcase_add_test(cases, later_beats_do_not_forget_it);
    return suite_run("stall", cases);
}
