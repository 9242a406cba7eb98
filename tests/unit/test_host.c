/* test_host.c - which requests to a host may start, and in which order. */
#include "tests/unit/host_fixture.h"

START_TEST(no_more_than_per_host_send)
{
    struct guest g[4];

    crowd(g, 4);
    ck_assert_int_eq(g[2].starts + g[3].starts, 0);
    ck_assert_uint_eq(counts().waiting, 2);
    leave(&g[1]);
    ck_assert_int_eq(g[2].starts, 1);
    ck_assert_int_eq(g[3].starts, 0);
    ck_assert_uint_eq(counts().waiting, 1);
}
END_TEST

START_TEST(those_that_wait_start_in_order)
{
    struct guest g[6];

    crowd(g, 6);
    for (int i = 0; i < 6; i++)
        leave(&g[i]);
    for (unsigned i = PER_HOST; i < 6; i++) {
        ck_assert_int_eq(g[i].starts, 1);
        ck_assert_uint_eq(g[i].order, i - PER_HOST + 1);
    }
    ck_assert_int_eq(enter(&g[0], URL), WSUB_HOST_ENTRY_NOW);
    leave(&g[0]);
}
END_TEST

START_TEST(the_urgent_go_first_and_have_a_queue_of_their_own)
{
    struct guest g[CROWD], first, second;

    crowd(g, CROWD);
    ck_assert_int_eq(enter_as(&first, URL, true), WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(enter_as(&second, URL, true), WSUB_HOST_ENTRY_WAIT);
    leave(&g[0]);
    leave(&g[1]);
    ck_assert_uint_eq(first.order, 1);
    ck_assert_uint_eq(second.order, 2);
    leave(&first);
    ck_assert_uint_eq(g[PER_HOST].order, 3);
}
END_TEST

START_TEST(too_many_are_turned_away)
{
    struct guest g[CROWD], more, other;

    crowd(g, CROWD);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_FULL);
    ck_assert_ptr_null(more.ticket.host);
    ck_assert_int_eq(enter(&other, "http://other.example/"),
                     WSUB_HOST_ENTRY_NOW);
    leave(&g[0]);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_WAIT);
}
END_TEST

START_TEST(who_is_turned_away_learns_the_hosts_name)
{
    static const char text[] = "http:80:s.example";
    char name[WSUB_DIGEST_LEN + 1];
    struct guest g[CROWD], more;

    wsub_digest(text, sizeof(text) - 1, name);
    crowd(g, CROWD);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_FULL);
    ck_assert_str_eq(more.ticket.full_name, name);
}
END_TEST

static const struct {
    const char *one, *two;
    bool same;
} pairs[] = {
    {"http://s.example/a", "http://s.example/b?c", true},
    {"http://s.example/", "http://s.example:80/", true},
    {"https://s.example/", "https://s.example:443/", true},
    {"http://s.example/", "https://s.example/", false},
    {"http://s.example/", "http://s.example:81/", false},
    {"http://s.example/", "http://t.example/", false},
    {"http://s.example:443/", "https://s.example/", false},
    {"http://s.example:256/", "http://s.example:1/", false},
};

START_TEST(a_host_is_scheme_name_and_port)
{
    struct guest g[PER_HOST], more;

    for (int i = 0; i < PER_HOST; i++)
        ck_assert_int_eq(enter(&g[i], pairs[_i].one), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&more, pairs[_i].two), pairs[_i].same
                                                      ? WSUB_HOST_ENTRY_WAIT
                                                      : WSUB_HOST_ENTRY_NOW);
}
END_TEST

static const char *const bad[] = {
    "", "nonsense", "/cb", "ftp://s.example/", "http://", "http:///cb"};

START_TEST(what_is_no_url_does_not_enter)
{
    struct guest guest;

    ck_assert_int_eq(enter(&guest, bad[_i]), WSUB_HOST_ENTRY_BAD);
    ck_assert_ptr_null(guest.ticket.host);
}
END_TEST

START_TEST(who_waits_too_long_is_late)
{
    struct guest g[4];

    crowd(g, 3);
    now_us += SECOND;
    ck_assert_int_eq(enter(&g[3], URL), WSUB_HOST_ENTRY_WAIT);
    wsub_hosts_expire(hosts, false, now_us);
    now_us += WAIT_MS * 1000 - SECOND - 1;
    wsub_hosts_expire(hosts, false, now_us);
    ck_assert_int_eq(g[2].lates + g[3].lates, 0);
    wsub_hosts_expire(hosts, false, ++now_us);
    ck_assert_int_eq(g[2].lates, 1);
    ck_assert_int_eq(g[3].lates, 0);
    leave(&g[0]);
    ck_assert_int_eq(g[3].starts, 1);
}
END_TEST

START_TEST(everyone_that_waits_may_be_sent_away)
{
    struct guest g[5], next;

    crowd(g, 5);
    wsub_hosts_expire(hosts, true, now_us);
    for (unsigned i = PER_HOST; i < 5; i++) {
        ck_assert_int_eq(g[i].lates, 1);
        ck_assert_int_eq(g[i].starts, 0);
        ck_assert_uint_eq(g[i].order, i - PER_HOST + 1);
    }
    ck_assert_int_eq(g[0].lates + g[1].lates, 0);
    leave(&g[0]);
    ck_assert_int_eq(enter(&next, URL), WSUB_HOST_ENTRY_NOW);
    leave(&g[1]);
    leave(&next);
}
END_TEST

/* A job that fails at once leaves during the call that started it. */
static void on_start_leave(struct wsub_host_ticket *ticket)
{
    on_start(ticket);
    wsub_host_leave(
        hosts, ticket,
        &(struct wsub_host_report){.sign = WSUB_HOST_SIGN_UNREACHED}, now_us);
}

START_TEST(a_request_may_end_as_it_starts)
{
    struct guest g[6];

    crowd(g, 6);
    for (int i = PER_HOST; i < 6; i++)
        g[i].ticket.on_start = on_start_leave;
    leave(&g[0]);
    for (int i = PER_HOST; i < 6; i++)
        ck_assert_int_eq(g[i].starts, 1);
    leave(&g[1]);
    wsub_hosts_expire(hosts, false, now_us + 10 * MINUTE);
    ck_assert_uint_eq(counts().known, 0);
}
END_TEST

START_TEST(a_request_may_break_the_host_down_as_it_starts)
{
    struct guest g[9];

    crowd(g, 9);
    for (int i = PER_HOST; i < 9; i++)
        g[i].ticket.on_start = on_start_leave;
    leave(&g[0]);
    for (int i = PER_HOST; i < 9; i++) {
        ck_assert_int_eq(g[i].starts, i < PER_HOST + 5);
        ck_assert_int_eq(g[i].closed, i >= PER_HOST + 5);
    }
    leave(&g[1]);
}
END_TEST

START_TEST(the_longest_names_do_not_meet)
{
    char one[300], two[300];
    struct guest g[PER_HOST + 1];
    char name[190];

    for (size_t i = 0; i < sizeof(name) - 1; i++)
        name[i] = i % 32 == 31 ? '.' : 'a';
    name[sizeof(name) - 1] = '\0';
    snprintf(one, sizeof(one), "http://%s.one:65535/", name);
    snprintf(two, sizeof(two), "http://%s.two:65535/", name);
    for (int i = 0; i < PER_HOST; i++)
        ck_assert_int_eq(enter(&g[i], one), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&g[PER_HOST], two), WSUB_HOST_ENTRY_NOW);
}
END_TEST

START_TEST(queues_are_short_once_many_wait_in_all)
{
    static const char *const urls[] = {"http://a.example/", "http://b.example/",
                                       "http://c.example/"};
    enum { EACH = PER_HOST + QUEUE_MAX };
    static struct guest g[3][EACH];
    unsigned waiting[3] = {0};

    for (unsigned host = 0; host < 3; host++)
        prove(urls[host]);
    for (unsigned host = 0; host < 3; host++)
        for (unsigned i = 0; i < EACH; i++)
            waiting[host] +=
                enter(&g[host][i], urls[host]) == WSUB_HOST_ENTRY_WAIT;
    ck_assert_uint_eq(waiting[0], QUEUE_MAX);
    ck_assert_uint_eq(waiting[1], QUEUE_MAX);
    ck_assert_uint_eq(waiting[2], 8); /* a few always may */
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, no_more_than_per_host_send);
    tcase_add_test(cases, those_that_wait_start_in_order);
    tcase_add_test(cases, the_urgent_go_first_and_have_a_queue_of_their_own);
    tcase_add_test(cases, too_many_are_turned_away);
    tcase_add_test(cases, queues_are_short_once_many_wait_in_all);
    tcase_add_test(cases, who_is_turned_away_learns_the_hosts_name);
    tcase_add_loop_test(cases, a_host_is_scheme_name_and_port, 0, COUNT(pairs));
    tcase_add_loop_test(cases, what_is_no_url_does_not_enter, 0, COUNT(bad));
    tcase_add_test(cases, who_waits_too_long_is_late);
    tcase_add_test(cases, everyone_that_waits_may_be_sent_away);
    tcase_add_test(cases, a_request_may_end_as_it_starts);
    tcase_add_test(cases, a_request_may_break_the_host_down_as_it_starts);
    tcase_add_test(cases, the_longest_names_do_not_meet);
    return suite_run("host", cases);
}
