/* test_rfc3339.c - times as RFC 3339 spells them, by common/base/rfc3339.h. */
#include "common/base/rfc3339.h"

#include "tests/unit/suite.h"

static const struct {
    const char *text;
    uint64_t ms;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-29T10:00:00Z", 1795946400000},
    {"2026-11-29t10:00:00z", 1795946400000},
    {"2026-11-29T10:00:00.5Z", 1795946400500},
    {"2026-11-29T10:00:00.123456789Z", 1795946400123},
    {"2026-11-29T11:30:00+01:30", 1795946400000},
    {"2026-11-28T23:00:00.000-11:00", 1795946400000},
    {"2024-02-29T00:00:00Z", 1709164800000},
};

START_TEST(a_time_is_unix_time_in_ms)
{
    uint64_t ms = 1;

    ck_assert(wsub_rfc3339_parse(good[_i].text, &ms));
    ck_assert_uint_eq(ms, good[_i].ms);
}
END_TEST

static const char *const bad[] = {
    "",
    "now",
    "2026-11-29",
    "2026-11-29T10:00:00",
    "2026-11-29 10:00:00Z",
    "2026-11-29T10:00:00ZZ",
    "2026-11-29T10:00:00.Z",
    "2026-11-29T10:00:00+1:00",
    "2026-11-29T10:00:00+24:00",
    "2026-11-29T10:00:00+01:00Z",
    "2026-11-29T24:00:00Z",
    "2026-11-29T10:60:00Z",
    "2026-02-29T10:00:00Z",
    "2026-13-01T10:00:00Z",
    "2026-00-01T10:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01",
    " 2026-11-29T10:00:00Z",
    "1795946400000",
};

START_TEST(anything_else_is_refused)
{
    uint64_t ms = 1;

    ck_assert(!wsub_rfc3339_parse(bad[_i], &ms));
    ck_assert_uint_eq(ms, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("rfc3339");

    tcase_add_loop_test(cases, a_time_is_unix_time_in_ms, 0, COUNT(good));
    tcase_add_loop_test(cases, anything_else_is_refused, 0, COUNT(bad));
    return suite_run("rfc3339", cases);
}
