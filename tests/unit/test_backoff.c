/* test_backoff.c - the delays of common/base/backoff.h. */
#include "common/base/backoff.h"
#include "tests/unit/suite.h"

#define LOWEST 0u
#define MIDDLE 0x80000000u
#define HIGHEST UINT32_MAX

static const struct {
    struct wsub_backoff b;
    uint32_t failures;
    uint32_t draw;
    uint32_t ms;
} delays[] = {
    {{5000, 3600000, 8}, 1, LOWEST, 2500},
    {{5000, 3600000, 8}, 1, MIDDLE, 3750},
    {{5000, 3600000, 8}, 1, HIGHEST, 5000},
    {{5000, 3600000, 8}, 2, LOWEST, 5000},
    {{5000, 3600000, 8}, 2, HIGHEST, 10000},
    {{5000, 3600000, 8}, 7, HIGHEST, 320000},
    {{5000, 20000, 0}, 3, HIGHEST, 20000},
    {{5000, 20001, 0}, 4, LOWEST, 10001},
    {{5000, 20001, 0}, 4, HIGHEST, 20001},
    {{5000, 3600000, 0}, UINT32_MAX, HIGHEST, 3600000},
    {{5000, 3600000, 0}, 64, LOWEST, 1800000},
    {{5000, 100, 0}, 1, HIGHEST, 100},
    {{1, 1, 0}, 1, LOWEST, 1},
    {{1, 1, 0}, 9, HIGHEST, 1},
    {{UINT32_MAX, UINT32_MAX, 0}, 3, HIGHEST, UINT32_MAX},
    {{0x80000001u, UINT32_MAX, 0}, 2, HIGHEST, UINT32_MAX},
    {{3, UINT32_MAX, 0}, UINT32_MAX, LOWEST, 0x80000000u},
};

START_TEST(the_delay_is_in_the_upper_half_of_a_capped_curve)
{
    uint32_t ms = 0;

    ck_assert(wsub_backoff_next(&delays[_i].b, delays[_i].failures,
                                delays[_i].draw, &ms));
    ck_assert_uint_eq(ms, delays[_i].ms);
}
END_TEST

static const struct {
    uint32_t max_tries;
    uint32_t failures;
    bool again;
} limits[] = {
    {8, 1, true},  {8, 7, true}, {8, 8, false},         {8, 9, false},
    {1, 1, false}, {2, 1, true}, {0, UINT32_MAX, true}, {8, UINT32_MAX, false},
};

START_TEST(it_gives_up_after_so_many_failures)
{
    struct wsub_backoff b = {10, 20, limits[_i].max_tries};
    uint32_t ms = 4711;

    ck_assert(wsub_backoff_next(&b, limits[_i].failures, 0, &ms) ==
              limits[_i].again);
    ck_assert((ms == 4711) == !limits[_i].again);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("backoff");

    tcase_add_loop_test(cases, the_delay_is_in_the_upper_half_of_a_capped_curve,
                        0, COUNT(delays));
    tcase_add_loop_test(cases, it_gives_up_after_so_many_failures, 0,
                        COUNT(limits));
    return suite_run("backoff", cases);
}
