/* test_validators.c - which validators count, by spreader/validators.h. */
#include "spreader/validators.h"
#include "tests/unit/suite.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT, 2ebc98a1 in hex */
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define SECOND DATE
#define SECOND_BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define ALMOST "Sun, 06 Nov 1994 08:48:38 GMT"
#define MINUTE_BEFORE "Sun, 06 Nov 1994 08:48:37 GMT"
#define LONG_AGO "Thu, 01 Jan 1970 00:00:00 GMT"
#define AHEAD "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct {
    const char *etag, *last_modified, *date;
    bool has_etag, has_modified;
} cases[] = {
    {"", "", DATE, false, false},
    /* Last-Modified */
    {"", SECOND, DATE, false, false},
    {"", AHEAD, DATE, false, false},
    {"", SECOND_BEFORE, DATE, false, false},
    {"", ALMOST, DATE, false, false},
    {"", MINUTE_BEFORE, DATE, false, true},
    {"", LONG_AGO, DATE, false, true},
    {"", "Sunday, 06-Nov-94 08:48:37 GMT", DATE, false, true},
    {"", MINUTE_BEFORE, "Sun Nov  6 08:49:37 1994", false, true},
    {"", LONG_AGO, "", false, false},
    {"", LONG_AGO, "yesterday", false, false},
    {"", "yesterday", DATE, false, false},
    /* strong */
    {"\"7\"", "", DATE, true, false},
    {"\"7\"", "", "", true, false},
    {"\"7\"", SECOND, DATE, true, false},
    {"\"7\"", LONG_AGO, DATE, true, true},
    {"7", "", DATE, true, false},
    /* weak */
    {"W/\"7\"", "", DATE, false, false},
    {"W/\"7\"", SECOND, DATE, false, false},
    {"W/\"7\"", MINUTE_BEFORE, DATE, true, true},
    {"W/\"7\"", MINUTE_BEFORE, "", false, false},
    {"w/\"7\"", "", DATE, true, false}, /* the W has its case */
    /* made of the second, as nginx does it */
    {"\"2ebc98a1-1d4\"", SECOND, DATE, false, false},
    {"\"2ebc98a0-1d4\"", SECOND_BEFORE, DATE, false, false},
    {"\"2ebc9865-1d4\"", MINUTE_BEFORE, DATE, true, true},
    {"\"2ebc98a1-1d4\"", SECOND_BEFORE, DATE, true, false},
    {"\"2ebc98a1-1d4\"", "", DATE, true, false},
};

START_TEST(what_may_be_made_of_a_second_counts_when_that_is_long_over)
{
    struct spread_validators found = spread_validators_of(
        cases[_i].etag, cases[_i].last_modified, cases[_i].date, NOW);

    ck_assert_int_eq(found.etag, cases[_i].has_etag);
    ck_assert_int_eq(found.last_modified, cases[_i].has_modified);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("validators");

    tcase_add_loop_test(
        tests, what_may_be_made_of_a_second_counts_when_that_is_long_over, 0,
        COUNT(cases));
    return suite_run("validators", tests);
}
