/* test_host_capacity.c - how work that was parked for a host comes back. */
#include "tests/unit/host_fixture.h"

/* Fills the queue of URL, and parks one that finds it full. */
static void park(struct guest *g)
{
    struct guest more;

    crowd(g, CROWD);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_FULL);
    ck_assert(wsub_host_parked(hosts, more.ticket.full_name, now_us));
    ck_assert_int_eq(capacities.calls, 0);
}

START_TEST(the_parked_are_called_when_the_line_is_below_its_half)
{
    char name[WSUB_DIGEST_LEN + 1];
    struct guest g[CROWD], more;
    int i;

    park(g);
    for (i = 0; i < QUEUE_MAX / 2; i++)
        leave(&g[i]);
    ck_assert_int_eq(capacities.calls, 0);
    leave(&g[i++]);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_uint_eq(capacities.how_many, QUEUE_MAX / 2 + 1);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_WAIT);
    wsub_digest("http:80:s.example", strlen("http:80:s.example"), name);
    ck_assert_str_eq(capacities.name, name);
    while (i < CROWD)
        leave(&g[i++]);
}
END_TEST

START_TEST(the_parked_are_called_again_once_they_have_come)
{
    struct guest g[CROWD], come[2 * QUEUE_MAX];
    int left, came;

    park(g);
    for (left = 0; left < CROWD - 1; left++)
        leave(&g[left]);
    ck_assert_int_eq(capacities.calls, 1); /* 129 are on their way */
    for (came = 0; came < QUEUE_MAX / 2 + 1; came++)
        enter(&come[came], URL);
    leave(&g[left]);
    ck_assert_int_eq(capacities.calls, 2);
    ck_assert_uint_eq(capacities.how_many, QUEUE_MAX - 127);
}
END_TEST

START_TEST(the_parked_are_called_again_after_half_a_second)
{
    struct guest g[CROWD];

    park(g);
    for (int i = 0; i < CROWD; i++)
        leave(&g[i]);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_uint_eq(counts().known, 1);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND / 2);
    wsub_hosts_tick(hosts, now_us + SECOND / 2 - 1);
    ck_assert_int_eq(capacities.calls, 1);
    wsub_hosts_tick(hosts, now_us + SECOND / 2);
    ck_assert_int_eq(capacities.calls, 2);
    ck_assert_uint_eq(capacities.how_many, QUEUE_MAX);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND);
    wsub_hosts_expire(hosts, false, now_us + 20 * MINUTE);
    ck_assert_uint_eq(counts().known, 1);
    wsub_host_unparked(hosts, capacities.name, now_us + 20 * MINUTE);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), UINT64_MAX);
    wsub_hosts_expire(hosts, false, now_us + 30 * MINUTE);
    ck_assert_uint_eq(counts().known, 0);
    ck_assert(!wsub_host_parked(hosts, capacities.name, now_us));
    wsub_host_unparked(hosts, "nonsense", now_us);
}
END_TEST

START_TEST(one_parked_tries_a_host_that_is_down)
{
    struct guest g[CROWD], tries;

    park(g);
    for (int i = 0; i < PER_HOST; i++)
        leave_with(&g[i], WSUB_HOST_SIGN_UNREACHED);
    now_us += 2;
    for (int i = PER_HOST; i < 5; i++)
        leave_with(&g[i], WSUB_HOST_SIGN_UNREACHED);
    ck_assert_int_eq(g[CROWD - 1].closed, 1);
    ck_assert_int_eq(capacities.calls, 0);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND);
    now_us += SECOND;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_uint_eq(capacities.how_many, 1);
    ck_assert_int_eq(enter(&tries, URL), WSUB_HOST_ENTRY_NOW);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND / 2);
    wsub_hosts_tick(hosts, now_us + SECOND / 2);
    ck_assert_int_eq(capacities.calls, 1);
    now_us += SECOND;
    leave(&tries);
    ck_assert_int_eq(capacities.calls, 2);
    ck_assert_uint_eq(capacities.how_many, QUEUE_MAX);
}
END_TEST

START_TEST(others_are_called_for_those_that_are_not_there)
{
    struct guest g[CROWD];

    park(g);
    for (int i = 0; i < CROWD; i++)
        leave(&g[i]);
    ck_assert_int_eq(capacities.calls, 1);
    wsub_host_fewer(hosts, capacities.name, capacities.how_many - 1, now_us);
    ck_assert_int_eq(capacities.calls, 2);
    ck_assert_uint_eq(capacities.how_many, QUEUE_MAX - 1);
    wsub_host_fewer(hosts, capacities.name, 2 * QUEUE_MAX, now_us);
    ck_assert_int_eq(capacities.calls, 3);
    wsub_host_unparked(hosts, capacities.name, now_us);
    wsub_host_fewer(hosts, capacities.name, 1, now_us);
    wsub_host_fewer(hosts, "nonsense", 1, now_us);
    ck_assert_int_eq(capacities.calls, 3);
}
END_TEST

static uint32_t shortest(void)
{
    return 0;
}

/* As many seconds as failures: every start takes the only token. */
static void fail_one_a_second(struct guest *g, int failures)
{
    for (int i = 0; i < failures; i++) {
        if (i > 0)
            now_us += SECOND;
        wsub_hosts_tick(hosts, now_us);
        leave_with(&g[i], WSUB_HOST_SIGN_UNREACHED);
    }
}

START_TEST(who_waits_for_a_token_to_try_a_host_is_not_called_again)
{
    struct guest g[1 + QUEUE_MAX], more, tries;
    struct wsub_hosts_options chosen = options(PER_HOST, 1);

    chosen.random = shortest;
    begin_with(&chosen);
    prove(URL);
    now_us += SECOND;
    for (int i = 0; i < 1 + QUEUE_MAX; i++)
        enter(&g[i], URL);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_FULL);
    ck_assert(wsub_host_parked(hosts, more.ticket.full_name, now_us));
    fail_one_a_second(g, 5);
    ck_assert_int_eq(g[QUEUE_MAX].closed, 1);
    now_us += SECOND / 2; /* it may be tried, but there is no token yet */
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_int_eq(enter(&tries, URL), WSUB_HOST_ENTRY_WAIT);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND / 2);
    now_us += SECOND / 2;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(tries.starts, 1);
    ck_assert_int_eq(capacities.calls, 1);
}
END_TEST

START_TEST(no_more_are_called_than_may_wait)
{
    static const char *const crowded[] = {"http://a.example/",
                                          "http://b.example/"};
    struct guest others[2][CROWD], g[PER_HOST + 8], more;

    for (int n = 0; n < 2; n++)
        prove(crowded[n]);
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < CROWD; i++)
            enter(&others[n][i], crowded[n]);
    ck_assert_uint_eq(counts().waiting, WAITING_MAX);
    crowd(g, PER_HOST + 8);
    ck_assert_int_eq(enter(&more, URL), WSUB_HOST_ENTRY_FULL);
    ck_assert(wsub_host_parked(hosts, more.ticket.full_name, now_us));
    wsub_hosts_tick(hosts, now_us + SECOND / 2);
    ck_assert_int_eq(capacities.calls, 0);
    for (int i = 0; i < 5; i++)
        leave(&g[i]);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_uint_eq(capacities.how_many, 5);
    for (int i = 0; i < 4; i++) /* less than WAITING_MAX wait now */
        leave(&others[0][i]);
    now_us += SECOND;
    wsub_hosts_expire(hosts, false, now_us);
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(capacities.calls, 2);
    ck_assert_uint_eq(capacities.how_many, QUEUE_MAX - 3);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("capacity");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases,
                   the_parked_are_called_when_the_line_is_below_its_half);
    tcase_add_test(cases, the_parked_are_called_again_once_they_have_come);
    tcase_add_test(cases, the_parked_are_called_again_after_half_a_second);
    tcase_add_test(cases, one_parked_tries_a_host_that_is_down);
    tcase_add_test(cases,
                   who_waits_for_a_token_to_try_a_host_is_not_called_again);
    tcase_add_test(cases, no_more_are_called_than_may_wait);
    tcase_add_test(cases, others_are_called_for_those_that_are_not_there);
    return suite_run("capacity", cases);
}
