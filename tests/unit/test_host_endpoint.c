/* test_host_endpoint.c - endpoints of one host, which don't suffer from each
 * other. */
#include "tests/unit/host_fixture.h"

#define BAD "bad"

static void begin_endpoints(uint32_t per_host, uint32_t per_endpoint)
{
    struct wsub_hosts_options chosen = options(per_host, 0);

    chosen.per_endpoint = per_endpoint;
    begin_with(&chosen);
    prove(URL);
}

/* The endpoint's only request ends so; the next one is not in a hurry. */
static void end_one(enum wsub_host_sign sign)
{
    struct guest guest;

    now_us++;
    ck_assert_int_eq(enter_for(&guest, URL, false, BAD), WSUB_HOST_ENTRY_NOW);
    now_us++;
    leave_with(&guest, sign);
}

static uint32_t sent_at_once(const char *endpoint)
{
    static struct guest guests[100];
    uint32_t count = 0;

    while (enter_for(&guests[count], URL, false, endpoint) ==
           WSUB_HOST_ENTRY_NOW)
        count++;
    return count;
}

START_TEST(an_endpoint_has_a_limit_and_a_queue_of_its_own)
{
    struct guest bad[6], good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(enter_for(&bad[i], URL, false, BAD),
                         i < 4 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
    leave(&bad[0]);
    ck_assert_int_eq(bad[4].starts, 1);
    ck_assert_int_eq(bad[5].starts, 0);
}
END_TEST

/* What is no success. */
static const enum wsub_host_sign failures[] = {
    WSUB_HOST_SIGN_REFUSED, WSUB_HOST_SIGN_PUSHBACK, WSUB_HOST_SIGN_OVERLOAD,
    WSUB_HOST_SIGN_TIMEOUT, WSUB_HOST_SIGN_BROKEN};

START_TEST(one_that_fails_gets_one_request_at_a_time_until_it_succeeds)
{
    begin_endpoints(16, 4);
    end_one(failures[_i]);
    ck_assert_uint_eq(sent_at_once(BAD), 1);
    ck_assert_uint_gt(sent_at_once("good"), 1);
}
END_TEST

START_TEST(a_success_gives_it_its_whole_limit_again)
{
    begin_endpoints(16, 4);
    end_one(WSUB_HOST_SIGN_TIMEOUT);
    end_one(WSUB_HOST_SIGN_WELL);
    ck_assert_uint_eq(sent_at_once(BAD), 4);
}
END_TEST

START_TEST(of_one_that_fails_few_wait_and_the_rest_is_parked_for_it)
{
    struct guest sent, waits, more, good;

    begin_endpoints(16, 4);
    end_one(WSUB_HOST_SIGN_TIMEOUT);
    enter_for(&sent, URL, false, BAD);
    ck_assert_int_eq(enter_for(&waits, URL, false, BAD), WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(enter_for(&more, URL, false, BAD), WSUB_HOST_ENTRY_FULL);
    ck_assert_str_eq(more.ticket.full_name, more.endpoint);
    ck_assert(wsub_host_parked(hosts, more.ticket.full_name, now_us));
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
    leave_with(&sent, WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(waits.starts, 1);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_uint_eq(capacities.how_many, 1);
    ck_assert_str_eq(capacities.name, more.endpoint);
}
END_TEST

/* A bad endpoint fails on and on; a good one has a request between. */
START_TEST(one_endpoint_never_closes_its_host_nor_lowers_its_limit_much)
{
    struct guest guest, g[16];
    int sent = 0;

    begin_endpoints(16, 16);
    for (int i = 0; i < 50; i++) {
        now_us += MINUTE;
        if (enter_for(&guest, URL, false, BAD) == WSUB_HOST_ENTRY_NOW)
            leave_with(&guest, failures[_i]);
        ck_assert_uint_eq(counts().down, 0);
    }
    while (sent < 16 && enter(&g[sent], URL) == WSUB_HOST_ENTRY_NOW)
        sent++;
    ck_assert_int_ge(sent, 8); /* halved once at most */
}
END_TEST

START_TEST(several_that_fail_close_the_host)
{
    struct guest guests[5], good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 5; i++)
        enter(&guests[i], URL);
    now_us++;
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(counts().down, 0);
        leave_with(&guests[i], WSUB_HOST_SIGN_TIMEOUT);
    }
    ck_assert_uint_eq(counts().down, 1);
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_OPEN);
}
END_TEST

START_TEST(a_connection_that_fails_is_charged_to_the_host_each_time)
{
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(counts().down, 0);
        end_one(WSUB_HOST_SIGN_UNREACHED);
    }
    ck_assert_uint_eq(counts().down, 1);
}
END_TEST

START_TEST(the_breaker_of_an_endpoint_sends_its_own_away)
{
    struct guest guest, waits, good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 4; i++)
        end_one(WSUB_HOST_SIGN_TIMEOUT);
    now_us++;
    enter_for(&guest, URL, false, BAD);
    ck_assert_int_eq(enter_for(&waits, URL, false, BAD), WSUB_HOST_ENTRY_WAIT);
    leave_with(&guest, WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(waits.closed, 1);
    ck_assert_int_eq(waits.closing, WSUB_HOST_BROKEN);
    ck_assert_uint_eq(waits.delay_ms, 1000);
    ck_assert_int_eq(enter_for(&guest, URL, false, BAD), WSUB_HOST_ENTRY_OPEN);
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
    now_us += SECOND;
    ck_assert_int_eq(enter_for(&guest, URL, false, BAD), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter_for(&waits, URL, false, BAD), WSUB_HOST_ENTRY_OPEN);
    leave(&guest);
    ck_assert_uint_eq(sent_at_once(BAD), 4);
}
END_TEST

START_TEST(one_that_names_a_time_is_closed_until_then_at_no_cost)
{
    struct guest guests[6], more, good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 6; i++)
        enter_for(&guests[i], URL, false, BAD);
    leave_asking(&guests[0], 60000);
    for (int i = 4; i < 6; i++) {
        ck_assert_int_eq(guests[i].closed, 1);
        ck_assert_int_eq(guests[i].closing, WSUB_HOST_ASKED);
        ck_assert_uint_eq(guests[i].delay_ms, 60000);
    }
    now_us += 10 * SECOND;
    ck_assert_int_eq(enter_for(&more, URL, false, BAD), WSUB_HOST_ENTRY_ASKED);
    ck_assert_uint_eq(delay_ms, 50000);
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
    now_us += 50 * SECOND;
    ck_assert_int_eq(enter_for(&more, URL, false, BAD), WSUB_HOST_ENTRY_WAIT);
    for (int i = 1; i < 4; i++)
        leave(&guests[i]);
    ck_assert_int_eq(more.starts, 1);
}
END_TEST

/* Of several in flight one is answered 429, the others 200. */
START_TEST(what_had_started_before_a_time_was_named_does_not_open)
{
    struct guest guests[4], more;

    begin_endpoints(16, 4);
    for (int i = 0; i < 4; i++)
        enter_for(&guests[i], URL, false, BAD);
    now_us++;
    leave_asking(&guests[0], 60000);
    now_us++;
    leave(&guests[1]);
    ck_assert_int_eq(enter_for(&more, URL, false, BAD), WSUB_HOST_ENTRY_ASKED);
    leave_asking(&guests[2], 1000);
    ck_assert_int_eq(enter_for(&more, URL, false, BAD), WSUB_HOST_ENTRY_ASKED);
    ck_assert_uint_ge(delay_ms, 59999);
    leave(&guests[3]);
    now_us += MINUTE;
    ck_assert_int_eq(enter_for(&more, URL, false, BAD), WSUB_HOST_ENTRY_NOW);
    leave(&more);
}
END_TEST

static void several_ask(uint64_t ms)
{
    struct guest guests[3];

    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};

        ck_assert_int_eq(enter_for(&guests[i], URL, false, name),
                         WSUB_HOST_ENTRY_NOW);
    }
    now_us++;
    for (int i = 0; i < 3; i++)
        leave_asking(&guests[i], ms);
}

START_TEST(a_host_is_closed_as_often_as_several_name_a_time)
{
    struct guest good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 3; i++) {
        several_ask(1000);
        ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_ASKED);
        now_us += SECOND;
        ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
        leave(&good);
        now_us++;
    }
}
END_TEST

/* Those of one event may all have been sent before the first response. */
START_TEST(a_few_that_name_a_time_among_many_do_not_close_their_host)
{
    struct guest others[3], good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 3; i++)
        enter(&others[i], URL);
    now_us++;
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        struct guest guest;

        enter_for(&guest, URL, false, name);
        leave_asking(&guest, 60000);
        now_us++;
        leave(&others[i]);
    }
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
}
END_TEST

START_TEST(a_host_of_which_several_name_a_time_is_closed)
{
    struct guest guests[3], good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 3; i++)
        enter(&guests[i], URL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
        leave_with(&good, WSUB_HOST_SIGN_NONE);
        leave_asking(&guests[i], 60000);
    }
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_ASKED);
    ck_assert_uint_eq(delay_ms, 60000);
}
END_TEST

START_TEST(one_that_names_a_time_again_and_again_speaks_for_itself_only)
{
    struct guest guest, good;

    begin_endpoints(16, 4);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(enter_for(&guest, URL, false, BAD),
                         WSUB_HOST_ENTRY_NOW);
        leave_asking(&guest, 1000);
        now_us += SECOND;
    }
    ck_assert_int_eq(enter(&good, URL), WSUB_HOST_ENTRY_NOW);
}
END_TEST

START_TEST(parked_work_of_a_closed_endpoint_comes_when_it_opens)
{
    struct guest sent, waits, more;

    begin_endpoints(16, 4);
    end_one(WSUB_HOST_SIGN_TIMEOUT);
    enter_for(&sent, URL, false, BAD);
    enter_for(&waits, URL, false, BAD);
    enter_for(&more, URL, false, BAD);
    ck_assert(wsub_host_parked(hosts, more.ticket.full_name, now_us));
    leave_asking(&sent, 60000);
    ck_assert_int_eq(waits.closed, 1);
    ck_assert_int_eq(capacities.calls, 0);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + MINUTE);
    now_us += MINUTE;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(capacities.calls, 1);
    wsub_host_unparked(hosts, more.ticket.full_name, now_us);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), UINT64_MAX);
}
END_TEST

START_TEST(one_that_fails_gets_one_verification_beside_a_delivery)
{
    struct guest sent, delivery, verification, other;

    begin_endpoints(16, 4);
    end_one(WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(enter_for(&delivery, URL, false, BAD),
                     WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter_for(&sent, URL, true, BAD), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter_for(&verification, URL, true, BAD),
                     WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(enter_as(&other, URL, true), WSUB_HOST_ENTRY_NOW);
    leave(&sent);
    ck_assert_int_eq(verification.starts, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host_endpoint");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_endpoint_has_a_limit_and_a_queue_of_its_own);
    tcase_add_loop_test(
        cases, one_that_fails_gets_one_request_at_a_time_until_it_succeeds, 0,
        COUNT(failures));
    tcase_add_test(cases, a_success_gives_it_its_whole_limit_again);
    tcase_add_test(cases,
                   of_one_that_fails_few_wait_and_the_rest_is_parked_for_it);
    tcase_add_loop_test(
        cases, one_endpoint_never_closes_its_host_nor_lowers_its_limit_much, 0,
        COUNT(failures));
    tcase_add_test(cases, several_that_fail_close_the_host);
    tcase_add_test(cases,
                   a_connection_that_fails_is_charged_to_the_host_each_time);
    tcase_add_test(cases, the_breaker_of_an_endpoint_sends_its_own_away);
    tcase_add_test(cases,
                   one_that_names_a_time_is_closed_until_then_at_no_cost);
    tcase_add_test(cases,
                   what_had_started_before_a_time_was_named_does_not_open);
    tcase_add_test(cases, a_host_is_closed_as_often_as_several_name_a_time);
    tcase_add_test(cases,
                   a_few_that_name_a_time_among_many_do_not_close_their_host);
    tcase_add_test(cases, a_host_of_which_several_name_a_time_is_closed);
    tcase_add_test(
        cases, one_that_names_a_time_again_and_again_speaks_for_itself_only);
    tcase_add_test(cases, parked_work_of_a_closed_endpoint_comes_when_it_opens);
    tcase_add_test(cases,
                   one_that_fails_gets_one_verification_beside_a_delivery);
    return suite_run("host_endpoint", cases);
}
