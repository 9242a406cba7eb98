/* test_clock.c - whether Redis' clock was moved. */
#include "spreader/clock.h"
#include "tests/unit/suite.h"

static const struct {
    uint64_t sent_ms, replied_ms, redis_ms;
    int64_t moved_ms;
} second[] = {
    {2000, 2010, 1002005, 0},      /* it goes as ours does */
    {2000, 9000, 1002001, 0},      /* the reply was slow */
    {2000, 9000, 1008999, 0},      /* the call was */
    {2000, 2010, 1003500, 0},      /* a little is no move */
    {2000, 2010, 1302005, 299990}, /* minutes ahead */
    {2000, 2010, 702005, -299990}, /* minutes back */
};

START_TEST(a_clock_is_moved_when_no_delay_explains_its_time)
{
    struct spread_clock clock = {0};

    ck_assert_int_eq(spread_clock_note(&clock, 1000, 1010, 1001005), 0);
    ck_assert_int_eq(spread_clock_note(&clock, second[_i].sent_ms,
                                       second[_i].replied_ms,
                                       second[_i].redis_ms),
                     second[_i].moved_ms);
    ck_assert_int_eq(spread_clock_note(&clock, second[_i].sent_ms,
                                       second[_i].replied_ms,
                                       second[_i].redis_ms),
                     0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("clock");

    tcase_add_loop_test(cases, a_clock_is_moved_when_no_delay_explains_its_time,
                        0, COUNT(second));
    return suite_run("clock", cases);
}
