/* Which connection makes way for a new one. */
#include "common/http/eviction.h"

#include <check.h>

#include "tests/unit/suite.h"

#define COUNT_MAX 6

static struct wsub_http_eviction eviction;
static struct wsub_http_waiter waiters[COUNT_MAX];

static void set_up(void)
{
    wsub_http_eviction_init(&eviction);
    for (int i = 0; i < COUNT_MAX; i++)
        waiters[i] = (struct wsub_http_waiter){.wait = WSUB_HTTP_WAIT_NONE};
}

static void set(int number, enum wsub_http_wait wait, uint64_t since_ms)
{
    wsub_http_eviction_set(&eviction, &waiters[number], wait, since_ms);
}

static void check_next(int number, uint64_t now_ms)
{
    ck_assert_ptr_eq(wsub_http_eviction_next(&eviction, now_ms),
                     &waiters[number]);
}

START_TEST(nobody_makes_way_while_all_are_handled)
{
    ck_assert_ptr_null(wsub_http_eviction_next(&eviction, 5000));
    set(0, WSUB_HTTP_WAIT_IDLE, 1);
    set(0, WSUB_HTTP_WAIT_NONE, 0);
    ck_assert_ptr_null(wsub_http_eviction_next(&eviction, 5000));
}
END_TEST

START_TEST(the_one_that_has_waited_longest_goes_first)
{
    for (int i = 0; i < 3; i++)
        set(i, (enum wsub_http_wait)_i, 100 + (uint64_t)i);
    check_next(0, 5000);
    set(0, (enum wsub_http_wait)_i, 200);
    check_next(1, 5000);
    set(1, WSUB_HTTP_WAIT_NONE, 0);
    check_next(2, 5000);
}
END_TEST

START_TEST(who_loses_least_goes_first)
{
    static const enum wsub_http_wait order[] = {
        WSUB_HTTP_WAIT_LINGERING, WSUB_HTTP_WAIT_IDLE, WSUB_HTTP_WAIT_HALF_SENT,
        WSUB_HTTP_WAIT_STUCK};

    for (int i = 3; i >= 0; i--)
        set(i, order[i], 100 + (uint64_t)(3 - i));
    for (int i = 0; i < 4; i++) {
        check_next(i, 5000);
        set(i, WSUB_HTTP_WAIT_NONE, 0);
    }
}
END_TEST

START_TEST(who_has_only_come_is_not_closed_for_older_ones)
{
    set(0, WSUB_HTTP_WAIT_HALF_SENT, 1000);
    set(1, WSUB_HTTP_WAIT_STUCK, 1100);
    set(2, WSUB_HTTP_WAIT_IDLE, 1500);
    check_next(0, 1999); /* nobody has waited for a second */
    check_next(0, 2000);
    check_next(0, 2499);
    check_next(2, 2500);
}
END_TEST

START_TEST(who_was_accepted_a_moment_ago_stays)
{
    set(0, WSUB_HTTP_WAIT_IDLE, 1000);
    set(1, WSUB_HTTP_WAIT_STUCK, 1050);
    ck_assert_ptr_null(wsub_http_eviction_next(&eviction, 1099));
    check_next(0, 1100);
}
END_TEST

START_TEST(the_same_again_changes_nothing)
{
    set(0, WSUB_HTTP_WAIT_HALF_SENT, 100);
    set(1, WSUB_HTTP_WAIT_HALF_SENT, 101);
    set(0, WSUB_HTTP_WAIT_HALF_SENT, 100); /* it drips */
    check_next(0, 5000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_eviction");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, nobody_makes_way_while_all_are_handled);
    tcase_add_loop_test(tcase, the_one_that_has_waited_longest_goes_first, 0,
                        WSUB_HTTP_WAITS);
    tcase_add_test(tcase, who_loses_least_goes_first);
    tcase_add_test(tcase, who_has_only_come_is_not_closed_for_older_ones);
    tcase_add_test(tcase, who_was_accepted_a_moment_ago_stays);
    tcase_add_test(tcase, the_same_again_changes_nothing);
    return suite_run("http_eviction", tcase);
}
