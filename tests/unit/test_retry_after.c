/* test_retry_after.c - the header field of common/http/retry_after.h. */
#include "common/http/retry_after.h"
#include "tests/unit/suite.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define UNTOUCHED 4711

static const struct {
    const char *value;
    uint64_t ms;
} good[] = {
    {"0", 0},
    {"1", 1000},
    {"120", 120000},
    {"007", 7000},
    {" \t30 \t", 30000},
    {"18446744073709550", 18446744073709550000u},
    {"18446744073709552", UINT64_MAX},
    {"99999999999999999999999999999999", UINT64_MAX},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 1994 08:49:38 GMT", 1000},
    {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
    {"Mon, 07 Nov 1994 08:49:37 GMT", 86400000},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 252618189022000},
    {"Sunday, 06-Nov-94 08:49:38 GMT", 1000},
    {"Wednesday, 09-Nov-94 08:49:37 GMT", 259200000},
    {"Sunday, 06-Nov-44 08:49:37 GMT", 1577923200000},
    {"Sunday, 06-Nov-46 08:49:37 GMT", 0},
    {"Sun Nov  6 08:49:47 1994", 10000},
    {"Mon Nov 14 08:49:37 1994", 691200000},
    {" Sun, 06 Nov 1994 08:49:38 GMT ", 1000},
};

START_TEST(seconds_and_dates_are_delays)
{
    uint64_t ms = UNTOUCHED;

    ck_assert(wsub_retry_after_ms(good[_i].value, NOW, &ms));
    ck_assert_uint_eq(ms, good[_i].ms);
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    "-1",
    "+1",
    "1.5",
    "1s",
    "1 2",
    "1,2",
    "0x10",
    "soon",
    "12:00",
    "Sunday",
    "1994-11-06",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37 GMT+1",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 30 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Son, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun,06Nov1994 08:49:37GMT",
    "06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Sun Nov 6 08:49:37 1994",
    "1111111111111111111111111111111111111111111111111111111111111111",
};

START_TEST(nonsense_is_refused)
{
    uint64_t ms = UNTOUCHED;

    ck_assert(!wsub_retry_after_ms(bad[_i], NOW, &ms));
    ck_assert_uint_eq(ms, UNTOUCHED);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("retry_after");

    tcase_add_loop_test(cases, seconds_and_dates_are_delays, 0, COUNT(good));
    tcase_add_loop_test(cases, nonsense_is_refused, 0, COUNT(bad));
    return suite_run("retry_after", cases);
}
