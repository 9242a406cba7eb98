/* test_host_orders.c - what an operator wants of a host, and what is seen. */
#include "common/host/orders.h"
#include "common/host/table.h"
#include "common/host/view.h"
#include "tests/unit/host_fixture.h"

#define OTHER "http://other.example/cb"

static void open_for(uint64_t us)
{
    struct wsub_url url;

    ck_assert_int_eq(wsub_url_parse(URL, NULL, &url), WSUB_URL_FINE);
    wsub_host_order_open(hosts, &url, now_us + us, now_us);
}

static void close_it(void)
{
    struct wsub_url url;

    ck_assert_int_eq(wsub_url_parse(URL, NULL, &url), WSUB_URL_FINE);
    wsub_host_order_close(hosts, &url, now_us);
}

START_TEST(a_host_that_is_opened_gets_nothing_until_then)
{
    struct guest guest, other;

    requests(1, WSUB_HOST_SIGN_WELL);
    open_for(MINUTE);
    ck_assert_uint_eq(counts().down, 1);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(delay_ms, 60000);
    ck_assert_int_eq(enter(&other, OTHER), WSUB_HOST_ENTRY_NOW);
    now_us += MINUTE;
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_NOW);
    leave(&guest);
    ck_assert_uint_eq(counts().down, 0);
}
END_TEST

START_TEST(so_does_one_that_was_not_known)
{
    struct guest guest;

    open_for(MINUTE);
    ck_assert_uint_eq(counts().down, 0);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(counts().down, 1);
}
END_TEST

START_TEST(so_does_one_that_was_forgotten_meanwhile)
{
    struct guest guest;

    open_for(60 * MINUTE);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
    now_us += 11 * MINUTE;
    wsub_hosts_expire(hosts, false, now_us);
    ck_assert_uint_eq(counts().known, 0);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
}
END_TEST

START_TEST(those_that_wait_learn_that_it_is_opened)
{
    struct guest g[4];

    crowd(g, 4);
    open_for(MINUTE);
    ck_assert_int_eq(g[2].closed + g[3].closed, 2);
    ck_assert_uint_eq(g[2].delay_ms, 60000);
    leave(&g[0]); /* what was on its way says nothing */
    leave(&g[1]);
    ck_assert_uint_eq(counts().down, 1);
    ck_assert_int_eq(enter(&g[0], URL), WSUB_HOST_ENTRY_OPEN);
}
END_TEST

START_TEST(it_holds_in_every_scope)
{
    static const char scope[] = "0123456789012345678901";
    struct guest guest = {.ticket = {.on_start = on_start,
                                     .endpoint_id = scope,
                                     .scope = scope,
                                     .scope_per_host = 1}};

    ck_assert_int_eq(
        wsub_host_enter(hosts, URL, &guest.ticket, now_us, &delay_ms),
        WSUB_HOST_ENTRY_NOW);
    open_for(MINUTE);
    leave(&guest);
    ck_assert_int_eq(
        wsub_host_enter(hosts, URL, &guest.ticket, now_us, &delay_ms),
        WSUB_HOST_ENTRY_OPEN);
}
END_TEST

START_TEST(a_breaker_is_closed_at_once)
{
    struct guest guest;

    requests(5, WSUB_HOST_SIGN_UNREACHED);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
    close_it();
    ck_assert_uint_eq(counts().down, 0);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_NOW);
    leave(&guest);
}
END_TEST

START_TEST(an_order_is_over_when_the_breaker_is_closed)
{
    struct guest guest;

    open_for(60 * MINUTE);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
    close_it();
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_NOW);
    leave(&guest);
    now_us += 11 * MINUTE;
    wsub_hosts_expire(hosts, false, now_us);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_NOW);
}
END_TEST

/* It may be taken back before. */
START_TEST(who_meets_a_long_order_comes_again_each_minute)
{
    struct wsub_host_view view;
    struct guest guest;

    open_for(60 * MINUTE);
    ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(delay_ms, 60000);
    ck_assert_uint_eq(wsub_hosts_view(hosts, &view, 1, now_us), 1);
    ck_assert_uint_eq(view.closed_ms, 60 * 60000);
}
END_TEST

START_TEST(the_troubled_are_seen_first_then_the_busiest)
{
    struct wsub_host_view views[3];
    struct guest busy[3], idle;

    requests(5, WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(enter(&idle, "http://idle.example/"), WSUB_HOST_ENTRY_NOW);
    leave(&idle);
    for (int i = 0; i < 3; i++)
        enter(&busy[i], OTHER);
    ck_assert_uint_eq(wsub_hosts_view(hosts, views, 3, now_us), 3);
    ck_assert_str_eq(views[0].host, "http://s.example:80");
    ck_assert_int_eq(views[0].breaker, WSUB_BREAKER_OPEN);
    ck_assert_uint_eq(views[0].closed_ms, 1000);
    ck_assert(!views[0].was_good);
    ck_assert_str_eq(views[1].host, "http://other.example:80");
    ck_assert_uint_eq(views[1].sending, PER_HOST);
    ck_assert_uint_eq(views[1].waiting, 1);
    ck_assert_str_eq(views[2].host, "http://idle.example:80");
    ck_assert(views[2].was_good);
    ck_assert_uint_eq(views[2].latency_us, 1000);
    ck_assert_uint_eq(wsub_hosts_view(hosts, views, 1, now_us), 1);
}
END_TEST

/* Whoever looks is told how long it lasts, and what came last. */
START_TEST(a_host_that_fails_is_seen_until_it_succeeds)
{
    struct wsub_host_view view;

    requests(1, WSUB_HOST_SIGN_UNREACHED);
    now_us += MINUTE;
    requests(1, WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_uint_eq(wsub_hosts_view(hosts, &view, 1, now_us), 1);
    ck_assert(view.is_failing);
    ck_assert_uint_eq(view.failing_ms, MINUTE / 1000);
    ck_assert_str_eq(view.failure, "no response in time");
    requests(1, WSUB_HOST_SIGN_WELL);
    ck_assert_uint_eq(wsub_hosts_view(hosts, &view, 1, now_us), 1);
    ck_assert(!view.is_failing);
    ck_assert_str_eq(view.failure, "no response in time");
}
END_TEST

START_TEST(a_host_that_named_a_time_is_seen)
{
    struct wsub_host_view view;
    struct guest g[3];

    begin(4, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(enter(&g[i], URL), WSUB_HOST_ENTRY_NOW);
    for (int i = 0; i < 3; i++)
        leave_asking(&g[i], 3000);
    ck_assert_uint_eq(wsub_hosts_view(hosts, &view, 1, now_us), 1);
    ck_assert(view.is_asked);
    ck_assert_uint_eq(view.closed_ms, 3000);
    close_it();
    ck_assert_uint_eq(wsub_hosts_view(hosts, &view, 1, now_us), 1);
    ck_assert(!view.is_asked);
    ck_assert_uint_eq(view.closed_ms, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host orders");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_host_that_is_opened_gets_nothing_until_then);
    tcase_add_test(cases, so_does_one_that_was_not_known);
    tcase_add_test(cases, so_does_one_that_was_forgotten_meanwhile);
    tcase_add_test(cases, those_that_wait_learn_that_it_is_opened);
    tcase_add_test(cases, it_holds_in_every_scope);
    tcase_add_test(cases, a_breaker_is_closed_at_once);
    tcase_add_test(cases, an_order_is_over_when_the_breaker_is_closed);
    tcase_add_test(cases, who_meets_a_long_order_comes_again_each_minute);
    tcase_add_test(cases, the_troubled_are_seen_first_then_the_busiest);
    tcase_add_test(cases, a_host_that_fails_is_seen_until_it_succeeds);
    tcase_add_test(cases, a_host_that_named_a_time_is_seen);
    return suite_run("host orders", cases);
}
