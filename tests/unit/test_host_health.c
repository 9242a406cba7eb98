/* test_host_health.c - what requests say about a host, and how long it is known. */
#include "common/host/table.h"
#include "tests/unit/host_fixture.h"

static const struct {
    enum wsub_host_sign sign;
    uint32_t limit; /* after two of them, of 8 */
    bool opens;     /* after five */
} signs[] = {
    {WSUB_HOST_SIGN_NONE, 8, false},     {WSUB_HOST_SIGN_WELL, 8, false},
    {WSUB_HOST_SIGN_REFUSED, 8, false},  {WSUB_HOST_SIGN_PUSHBACK, 2, false},
    {WSUB_HOST_SIGN_OVERLOAD, 2, true},  {WSUB_HOST_SIGN_TIMEOUT, 2, true},
    {WSUB_HOST_SIGN_UNREACHED, 8, true}, {WSUB_HOST_SIGN_BROKEN, 8, true},
};

START_TEST(each_sign_moves_the_limit_as_it_should)
{
    struct guest g[9];
    uint32_t sending = 0;

    begin(8, 0);
    requests(2, signs[_i].sign);
    while (enter(&g[sending], URL) == WSUB_HOST_ENTRY_NOW)
        sending++;
    ck_assert_uint_eq(sending, signs[_i].limit);
}
END_TEST

START_TEST(each_sign_moves_the_breaker_as_it_should)
{
    struct guest guest;

    requests(4, signs[_i].sign);
    ck_assert_uint_eq(counts().down, 0);
    requests(1, signs[_i].sign);
    ck_assert_uint_eq(counts().down, signs[_i].opens);
    ck_assert_int_eq(enter(&guest, URL), signs[_i].opens ? WSUB_HOST_ENTRY_OPEN
                                                         : WSUB_HOST_ENTRY_NOW);
}
END_TEST

START_TEST(a_host_that_is_down_is_tried_by_one_at_a_time)
{
    struct guest first, second;

    requests(5, WSUB_HOST_SIGN_UNREACHED);
    now_us += SECOND - 1;
    ck_assert_int_eq(enter(&first, URL), WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(delay_ms, 1);
    now_us++;
    ck_assert_int_eq(enter(&first, URL), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&second, URL), WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(delay_ms, 1000);
    leave_with(&first, WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(enter(&first, URL), WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(delay_ms, 2000);
    ck_assert_uint_eq(counts().down, 1);
    ck_assert_uint_eq(counts().known, 1);
}
END_TEST

START_TEST(a_host_that_is_back_begins_with_two)
{
    struct guest g[3];

    begin(8, 0);
    requests(5, WSUB_HOST_SIGN_UNREACHED);
    now_us += SECOND;
    ck_assert_int_eq(enter(&g[0], URL), WSUB_HOST_ENTRY_NOW);
    leave(&g[0]);
    ck_assert_uint_eq(counts().down, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(enter(&g[i], URL),
                         i < 2 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
}
END_TEST

START_TEST(who_waits_learns_at_once_that_the_host_broke_down)
{
    struct guest g[12], urgent, other;

    begin(6, 0);
    prove(URL);
    for (int i = 0; i < 12; i++)
        enter(&g[i], URL);
    enter(&other, "http://other.example/"); /* is not concerned */
    now_us += SECOND;
    for (int i = 0; i < 4; i++)
        leave_with(&g[i], WSUB_HOST_SIGN_UNREACHED);
    ck_assert_int_eq(enter_as(&urgent, URL, true), WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(g[9].starts, 1);
    leave_with(&g[4], WSUB_HOST_SIGN_UNREACHED);
    ck_assert_uint_eq(urgent.order, 5);
    ck_assert_int_eq(urgent.closed, 1);
    for (int i = 10; i < 12; i++) {
        ck_assert_int_eq(g[i].closed, 1);
        ck_assert_int_eq(g[i].starts, 0);
        ck_assert_uint_eq(g[i].delay_ms, 1000);
    }
    ck_assert_int_eq(other.closed, 0);
    leave(&g[5]); /* is from before */
    ck_assert_int_eq(enter(&g[5], URL), WSUB_HOST_ENTRY_OPEN);
}
END_TEST

START_TEST(starts_keep_to_the_rate_and_say_when_the_next_is_due)
{
    struct guest g[5];

    begin(16, 20);
    prove(URL);
    now_us += SECOND;
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), UINT64_MAX);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(enter(&g[i], URL),
                         i < 2 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + 50000);
    ck_assert_int_eq(enter_as(&g[4], URL, true), WSUB_HOST_ENTRY_WAIT);
    leave(&g[0]);
    wsub_hosts_tick(hosts, now_us + 49999);
    ck_assert_uint_eq(calls, 0);
    for (int i = 0; i < 3; i++) {
        now_us += 50000;
        ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us);
        wsub_hosts_tick(hosts, now_us);
        ck_assert_uint_eq(calls, (unsigned)i + 1);
    }
    ck_assert_uint_eq(g[4].order, 1);
    ck_assert_uint_eq(g[2].order, 2);
    ck_assert_uint_eq(g[3].order, 3);
    for (int i = 1; i < 5; i++)
        leave(&g[i]);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), UINT64_MAX);
}
END_TEST

START_TEST(nobody_passes_those_that_wait_for_a_token)
{
    struct guest g[3];

    begin(16, 1);
    ck_assert_int_eq(enter(&g[0], URL), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&g[1], URL), WSUB_HOST_ENTRY_WAIT);
    now_us += SECOND;
    ck_assert_int_eq(enter(&g[2], URL), WSUB_HOST_ENTRY_WAIT);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us);
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(g[1].starts, 1);
    ck_assert_int_eq(g[2].starts, 0);
}
END_TEST

START_TEST(a_host_of_which_there_is_nothing_to_say_is_forgotten)
{
    requests(1, WSUB_HOST_SIGN_NONE);
    ck_assert_uint_eq(counts().known, 0);
    requests(1, WSUB_HOST_SIGN_WELL);
    ck_assert_uint_eq(counts().known, 1);
}
END_TEST

START_TEST(a_host_is_forgotten_after_ten_minutes)
{
    requests(5, WSUB_HOST_SIGN_UNREACHED);
    wsub_hosts_expire(hosts, false, now_us + 10 * MINUTE - 1);
    ck_assert_uint_eq(counts().known, 1);
    wsub_hosts_expire(hosts, false, now_us + 10 * MINUTE);
    ck_assert_uint_eq(counts().known, 0);
    ck_assert_uint_eq(counts().down, 0);
}
END_TEST

START_TEST(of_too_many_hosts_the_least_recently_used_is_forgotten)
{
    char url[64];
    struct guest guest;

    for (int i = 0; i <= WSUB_HOSTS_MAX; i++) {
        snprintf(url, sizeof(url), "http://h%d.example/", i);
        for (int times = i < 2 ? 5 : 1; times > 0; times--) {
            enter(&guest, url);
            leave_with(&guest, WSUB_HOST_SIGN_UNREACHED);
        }
        if (i == 1) /* used again */
            ck_assert_int_eq(enter(&guest, "http://h0.example/"),
                             WSUB_HOST_ENTRY_OPEN);
    }
    ck_assert_uint_eq(counts().known, WSUB_HOSTS_MAX);
    ck_assert_int_eq(enter(&guest, "http://h0.example/"), WSUB_HOST_ENTRY_OPEN);
    ck_assert_int_eq(enter(&guest, "http://h1.example/"), WSUB_HOST_ENTRY_NOW);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host_health");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, each_sign_moves_the_limit_as_it_should, 0,
                        COUNT(signs));
    tcase_add_loop_test(cases, each_sign_moves_the_breaker_as_it_should, 0,
                        COUNT(signs));
    tcase_add_test(cases, a_host_that_is_down_is_tried_by_one_at_a_time);
    tcase_add_test(cases, a_host_that_is_back_begins_with_two);
    tcase_add_test(cases, who_waits_learns_at_once_that_the_host_broke_down);
    tcase_add_test(cases, starts_keep_to_the_rate_and_say_when_the_next_is_due);
    tcase_add_test(cases, nobody_passes_those_that_wait_for_a_token);
    tcase_add_test(cases, a_host_of_which_there_is_nothing_to_say_is_forgotten);
    tcase_add_test(cases, a_host_is_forgotten_after_ten_minutes);
    tcase_add_test(cases,
                   of_too_many_hosts_the_least_recently_used_is_forgotten);
    return suite_run("host_health", cases);
}
