/* test_ping.c - announcements that share a fetch, by spreader/ping.h. */
#include "spreader/ping.h"

#include <stdio.h>

#include "tests/unit/suite.h"

START_TEST(each_is_kept_in_the_order_it_came)
{
    struct spread_pings pings = {0};
    char id[16];

    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof(id), "%d-0", i);
        ck_assert(!spread_pings_have(&pings, id));
        spread_pings_add(&pings, id, 0);
        ck_assert(spread_pings_have(&pings, id));
    }
    ck_assert_uint_eq(pings.count, 100);
    ck_assert_str_eq(pings.ids[0].text, "0-0");
    ck_assert_str_eq(pings.ids[99].text, "99-0");
    spread_pings_clear(&pings);
    ck_assert_uint_eq(pings.count, 0);
    ck_assert(!spread_pings_have(&pings, "0-0"));
}
END_TEST

START_TEST(the_topic_has_failed_as_often_as_the_most_that_one_knows_of)
{
    struct spread_pings pings = {0};

    spread_pings_add(&pings, "1-0", 0);
    spread_pings_add(&pings, "2-0", 3);
    spread_pings_add(&pings, "3-0", 2);
    ck_assert_uint_eq(pings.failures, 3);
    spread_pings_clear(&pings);
    ck_assert_uint_eq(pings.failures, 0);
}
END_TEST

START_TEST(they_move_as_a_whole)
{
    struct spread_pings now = {0}, later = {0};

    spread_pings_add(&now, "1-0", 5);
    spread_pings_add(&later, "2-0", 1);
    spread_pings_move(&now, &later);
    ck_assert_uint_eq(now.count, 1);
    ck_assert_str_eq(now.ids[0].text, "2-0");
    ck_assert_uint_eq(now.failures, 1);
    ck_assert_uint_eq(later.count, 0);
    ck_assert_uint_eq(later.failures, 0);
    spread_pings_clear(&now);
    spread_pings_clear(&later);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ping");

    tcase_add_test(cases, each_is_kept_in_the_order_it_came);
    tcase_add_test(cases,
                   the_topic_has_failed_as_often_as_the_most_that_one_knows_of);
    tcase_add_test(cases, they_move_as_a_whole);
    return suite_run("ping", cases);
}
