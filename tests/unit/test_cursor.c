/* test_cursor.c - how many events are to come by cursor jobs. */
#include "common/store/cursor.h"

#include "tests/unit/suite.h"

#define LINE(numbers) "7 run 1-1 " numbers

/* The topic's index has had 100 events. */
static const struct {
    const char *line;
    uint64_t due;
} cases[] = {
    {LINE("90 5 - -"), 10},           /* all that come */
    {LINE("100 5 - -"), 0},           /* none is left */
    {LINE("120 5 - -"), 0},           /* the index was lost meanwhile */
    {LINE("90 5 1-9:95 -"), 5},       /* backfill, and no more */
    {LINE("95 5 1-9:95 -"), 0},       /* it is over */
    {LINE("90 5 1-9:92 1-9:97"), 5},  /* up to 92, and after 97 */
    {LINE("92 5 1-9:92 1-9:97"), 3},  /* the second part is left */
    {LINE("98 5 1-9:92 1-9:97"), 2},  /* within the second part */
    {LINE("90 5 1-9:92 1-9:100"), 2}, /* there is no second part yet */
};

START_TEST(events_that_are_due_are_counted)
{
    struct wsub_cursor cursor;

    ck_assert(wsub_cursor_parse(cases[_i].line, &cursor));
    ck_assert_uint_eq(wsub_cursor_due(&cursor, 100), cases[_i].due);
}
END_TEST

static const char *const bad[] = {"", "7", "7 run 1-1 x 5 - -",
                                  "7 run 1-1 90 5 -"};

START_TEST(a_malformed_line_is_refused)
{
    struct wsub_cursor cursor;

    ck_assert(!wsub_cursor_parse(bad[_i], &cursor));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("cursor");

    tcase_add_loop_test(tests, events_that_are_due_are_counted, 0,
                        COUNT(cases));
    tcase_add_loop_test(tests, a_malformed_line_is_refused, 0, COUNT(bad));
    return suite_run("cursor", tests);
}
