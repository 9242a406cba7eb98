/* test_order.c - which event gets the next page, by spreader/order.h. */
#include "spreader/order.h"

#include <string.h>

#include "tests/unit/suite.h"

#define EVENTS 26

static struct spread_order order;
static struct spread_place places[EVENTS]; /* of the events a, b, c ... */

static void set_up(void)
{
    spread_order_init(&order);
}

static void add(const char *names)
{
    for (; *names != '\0'; names++)
        spread_order_add(&order, &places[*names - 'a']);
}

/* '-' for none. */
static char name_of(const struct spread_place *place)
{
    return place == NULL ? '-' : (char)('a' + (place - places));
}

/* Gives the next event a page with this result; returns its name. */
static char page(enum wsub_page_result result)
{
    struct spread_place *place = spread_order_next(&order);

    if (place != NULL)
        spread_order_paged(&order, place, result);
    return name_of(place);
}

/* Gives pages until `names` have had them, one each, with the same result. */
static void check_pages(const char *names, enum wsub_page_result result)
{
    for (; *names != '\0'; names++)
        ck_assert_int_eq(page(result), *names);
}

START_TEST(without_events_there_is_none_to_page)
{
    ck_assert_ptr_null(spread_order_next(&order));
    ck_assert(spread_order_waits(&order));
}
END_TEST

START_TEST(open_events_get_pages_one_after_the_other)
{
    add("abc");
    check_pages("abcabcabc", WSUB_PAGE_MORE);
}
END_TEST

START_TEST(a_finished_event_gets_no_more_pages)
{
    add("abc");
    check_pages("abc", WSUB_PAGE_MORE);
    check_pages("a", WSUB_PAGE_FINISHED);
    check_pages("bcb", WSUB_PAGE_MORE);
    check_pages("cb", WSUB_PAGE_FINISHED);
    ck_assert_ptr_null(spread_order_next(&order));
    ck_assert(spread_order_waits(&order));
}
END_TEST

START_TEST(fresh_events_come_before_open_ones)
{
    add("ab");
    check_pages("abab", WSUB_PAGE_MORE);
    add("cd");
    check_pages("cd", WSUB_PAGE_FINISHED);
    check_pages("ab", WSUB_PAGE_MORE);
}
END_TEST

START_TEST(after_several_fresh_events_an_open_one_gets_a_page)
{
    add("a");
    check_pages("aa", WSUB_PAGE_MORE);
    add("bcdefghijklmnopqrs");
    check_pages("bcdefghi", WSUB_PAGE_FINISHED);
    check_pages("a", WSUB_PAGE_MORE);
    check_pages("jklmnopq", WSUB_PAGE_FINISHED);
    check_pages("a", WSUB_PAGE_MORE);
    check_pages("rs", WSUB_PAGE_FINISHED);
    check_pages("aa", WSUB_PAGE_MORE);
}
END_TEST

START_TEST(fresh_events_alone_follow_each_other_without_a_limit)
{
    add("abcdefghijklmnopqrstuvwxyz");
    check_pages("abcdefghijklmnopqrstuvwxyz", WSUB_PAGE_FINISHED);
}
END_TEST

START_TEST(while_some_event_waits_all_fresh_ones_are_tried_first)
{
    add("a");
    check_pages("aa", WSUB_PAGE_MORE);
    check_pages("a", WSUB_PAGE_FULL);
    ck_assert_int_eq(page(WSUB_PAGE_FULL), '-');
    add("bcdefghijkl");
    check_pages("bcdefghijkl", WSUB_PAGE_FULL);
    ck_assert_int_eq(page(WSUB_PAGE_FULL), '-');
}
END_TEST

static const enum wsub_page_result refusals[] = {WSUB_PAGE_FULL,
                                                 WSUB_PAGE_EARLY};

START_TEST(when_nothing_is_posted_of_any_event_all_wait)
{
    add("abc");
    check_pages("ab", refusals[_i]);
    ck_assert(!spread_order_waits(&order));
    check_pages("c", refusals[_i]);
    ck_assert(spread_order_waits(&order));
    ck_assert_ptr_null(spread_order_next(&order));
    spread_order_resume(&order);
    check_pages("abc", refusals[_i]);
    ck_assert(spread_order_waits(&order));
}
END_TEST

START_TEST(a_page_that_is_posted_ends_the_waiting)
{
    add("abc");
    check_pages("ab", WSUB_PAGE_EARLY);
    check_pages("c", WSUB_PAGE_MORE);
    check_pages("ab", WSUB_PAGE_EARLY);
    check_pages("c", WSUB_PAGE_FINISHED);
    check_pages("ab", WSUB_PAGE_EARLY);
    ck_assert(spread_order_waits(&order));
}
END_TEST

START_TEST(a_new_event_is_tried_while_the_others_wait)
{
    add("ab");
    check_pages("ab", WSUB_PAGE_FULL);
    ck_assert(spread_order_waits(&order));
    add("c");
    ck_assert(!spread_order_waits(&order));
    check_pages("c", WSUB_PAGE_FINISHED);
    check_pages("ab", WSUB_PAGE_FULL);
}
END_TEST

START_TEST(pauses_grow_up_to_a_limit)
{
    static const uint32_t pauses_ms[] = {10, 20, 40, 80, 160, 160};

    add("a");
    for (int i = 0; i < COUNT(pauses_ms); i++) {
        check_pages("a", WSUB_PAGE_EARLY);
        ck_assert_uint_eq(spread_order_pause(&order), pauses_ms[i]);
        spread_order_resume(&order);
    }
}
END_TEST

static const enum wsub_page_result resets[] = {
    WSUB_PAGE_MORE, WSUB_PAGE_FINISHED, WSUB_PAGE_FULL};

START_TEST(pauses_are_short_again_after_anything_but_an_earlier_event)
{
    add("ab");
    check_pages("ab", WSUB_PAGE_EARLY);
    spread_order_pause(&order);
    ck_assert_uint_eq(spread_order_pause(&order), 20);
    spread_order_resume(&order);
    check_pages("a", resets[_i]);
    ck_assert_uint_eq(spread_order_pause(&order), 10);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("order");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, without_events_there_is_none_to_page);
    tcase_add_test(cases, open_events_get_pages_one_after_the_other);
    tcase_add_test(cases, a_finished_event_gets_no_more_pages);
    tcase_add_test(cases, fresh_events_come_before_open_ones);
    tcase_add_test(cases, after_several_fresh_events_an_open_one_gets_a_page);
    tcase_add_test(cases, fresh_events_alone_follow_each_other_without_a_limit);
    tcase_add_test(cases,
                   while_some_event_waits_all_fresh_ones_are_tried_first);
    tcase_add_loop_test(cases, when_nothing_is_posted_of_any_event_all_wait, 0,
                        COUNT(refusals));
    tcase_add_test(cases, a_page_that_is_posted_ends_the_waiting);
    tcase_add_test(cases, a_new_event_is_tried_while_the_others_wait);
    tcase_add_test(cases, pauses_grow_up_to_a_limit);
    tcase_add_loop_test(
        cases, pauses_are_short_again_after_anything_but_an_earlier_event, 0,
        COUNT(resets));
    return suite_run("order", cases);
}
