/* test_host_shares.c - what hosts and verifications may take of the process. */
#include "tests/unit/host_fixture.h"

#define HOSTS 6

static struct guest guests[HOSTS];

static const char *url_of(int host)
{
    static char url[64];

    snprintf(url, sizeof(url), "http://h%d.example/", host);
    return url;
}

static void begin_shares(uint32_t unproven_max, uint32_t urgent_max,
                         uint32_t lingering_max)
{
    struct wsub_hosts_options chosen = options(PER_HOST, 0);

    chosen.unproven_max = unproven_max;
    chosen.urgent_max = urgent_max;
    chosen.lingering_max = lingering_max;
    begin_with(&chosen);
}

START_TEST(unproven_hosts_share_a_part_and_proven_ones_do_not)
{
    struct guest proven;

    begin_shares(3, 10, 0);
    prove(URL);
    for (int i = 0; i < HOSTS; i++)
        ck_assert_int_eq(enter(&guests[i], url_of(i)),
                         i < 3 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_FULL);
    ck_assert_int_eq(enter(&proven, URL), WSUB_HOST_ENTRY_NOW);
}
END_TEST

START_TEST(those_that_wait_use_the_share_too)
{
    begin_shares(3, 10, 0);
    for (int i = 0; i < HOSTS; i++)
        ck_assert_int_eq(enter(&guests[i], URL),
                         i < PER_HOST ? WSUB_HOST_ENTRY_NOW
                         : i < 3      ? WSUB_HOST_ENTRY_WAIT
                                      : WSUB_HOST_ENTRY_FULL);
}
END_TEST

START_TEST(what_was_parked_for_the_share_is_called_host_by_host)
{
    begin_shares(1, 10, 0);
    for (int i = 0; i < 3; i++)
        enter(&guests[i], url_of(i));
    for (int i = 1; i < 3; i++)
        ck_assert(wsub_host_parked(hosts, guests[i].ticket.full_name, now_us));
    ck_assert_int_eq(capacities.calls, 0);
    leave_with(&guests[0], WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_str_eq(capacities.name, guests[1].ticket.full_name);
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_NOW);
    leave_with(&guests[1], WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_str_eq(capacities.name, guests[2].ticket.full_name);
}
END_TEST

START_TEST(a_host_that_was_called_in_vain_does_not_keep_the_others_waiting)
{
    begin_shares(1, 10, 0);
    for (int i = 0; i < 3; i++)
        enter(&guests[i], url_of(i));
    for (int i = 1; i < 3; i++)
        wsub_host_parked(hosts, guests[i].ticket.full_name, now_us);
    leave_with(&guests[0], WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(capacities.calls, 1); /* another process has it now */
    wsub_hosts_expire(hosts, false, now_us);
    ck_assert_int_eq(capacities.calls, 2);
    ck_assert_str_eq(capacities.name, guests[2].ticket.full_name);
}
END_TEST

START_TEST(an_endpoint_that_is_known_to_do_well_needs_no_share)
{
    struct wsub_host_ticket known = {.on_start = on_start,
                                     .endpoint_id = "kkkkkkkkkkkkkkkkkkkkkk",
                                     .did_well = true};

    begin_shares(1, 10, 0);
    ck_assert_int_eq(enter(&guests[0], url_of(0)), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_FULL);
    ck_assert_int_eq(
        wsub_host_enter(hosts, url_of(2), &known, now_us, &delay_ms),
        WSUB_HOST_ENTRY_NOW);
    wsub_host_leave(hosts, &known, &(struct wsub_host_report){0}, now_us);
}
END_TEST

START_TEST(a_host_that_fails_is_unproven_again)
{
    begin_shares(1, 10, 0);
    prove(URL);
    requests(1, WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(enter(&guests[0], url_of(0)), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&guests[1], URL), WSUB_HOST_ENTRY_FULL);
}
END_TEST

START_TEST(a_good_response_counts_for_ten_minutes)
{
    begin_shares(1, 10, 0);
    prove(URL);
    ck_assert_int_eq(enter(&guests[0], url_of(0)), WSUB_HOST_ENTRY_NOW);
    now_us += 10 * MINUTE - 1;
    ck_assert_int_eq(enter(&guests[1], URL), WSUB_HOST_ENTRY_NOW);
    leave_with(&guests[1], WSUB_HOST_SIGN_NONE);
    now_us++;
    ck_assert_int_eq(enter(&guests[1], URL), WSUB_HOST_ENTRY_FULL);
}
END_TEST

START_TEST(verifications_have_a_share_of_their_own)
{
    begin_shares(1, 2, 0);
    ck_assert_int_eq(enter(&guests[0], url_of(0)), WSUB_HOST_ENTRY_NOW);
    for (int i = 1; i < 5; i++)
        ck_assert_int_eq(enter_as(&guests[i], url_of(i), true),
                         i < 3 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND);
    leave(&guests[0]);
    ck_assert_int_eq(guests[3].starts, 0);
    leave_with(&guests[1], WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(guests[3].starts, 1);
    ck_assert_int_eq(guests[4].starts, 0);
    leave(&guests[2]);
    ck_assert_int_eq(guests[4].starts, 1);
}
END_TEST

START_TEST(a_verification_without_a_share_lets_deliveries_pass)
{
    struct guest verification, delivery;

    begin_shares(10, 1, 0);
    enter_as(&guests[0], url_of(0), true);
    ck_assert_int_eq(enter_as(&verification, URL, true), WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(enter(&delivery, URL), WSUB_HOST_ENTRY_WAIT);
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(delivery.starts, 1);
    ck_assert_int_eq(verification.starts, 0);
}
END_TEST

START_TEST(a_request_that_lingers_gives_back_its_share_and_its_place)
{
    begin_shares(1, 10, 10);
    ck_assert_int_eq(enter(&guests[0], url_of(0)), WSUB_HOST_ENTRY_NOW);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND);
    now_us += SECOND;
    wsub_hosts_tick(hosts, now_us - 1);
    ck_assert_int_eq(guests[0].lingers, 0);
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(guests[0].lingers, 1);
    ck_assert_uint_eq(counts().lingering, 1);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), UINT64_MAX);
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_NOW);
    leave(&guests[0]);
    ck_assert_uint_eq(counts().lingering, 0);
}
END_TEST

START_TEST(no_more_linger_than_may)
{
    begin_shares(10, 10, 2);
    for (int i = 0; i < 3; i++)
        enter(&guests[i], url_of(i));
    now_us += SECOND;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(guests[0].lingers + guests[1].lingers, 2);
    ck_assert_int_eq(guests[2].lingers, 0);
}
END_TEST

START_TEST(a_host_never_has_more_in_flight_than_per_host)
{
    begin_shares(10, 10, 10);
    for (int i = 0; i < PER_HOST; i++)
        ck_assert_int_eq(enter(&guests[i], URL), WSUB_HOST_ENTRY_NOW);
    now_us += SECOND;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_uint_eq(counts().lingering, PER_HOST);
    ck_assert_int_eq(enter(&guests[PER_HOST], URL), WSUB_HOST_ENTRY_WAIT);
    leave(&guests[0]);
    ck_assert_int_eq(guests[PER_HOST].starts, 1);
}
END_TEST

START_TEST(a_slow_response_proves_no_host)
{
    begin_shares(1, 10, 10);
    enter(&guests[0], URL);
    now_us += SECOND;
    wsub_hosts_tick(hosts, now_us);
    leave(&guests[0]);
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&guests[2], URL), WSUB_HOST_ENTRY_FULL);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host_shares");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, unproven_hosts_share_a_part_and_proven_ones_do_not);
    tcase_add_test(cases, those_that_wait_use_the_share_too);
    tcase_add_test(cases, what_was_parked_for_the_share_is_called_host_by_host);
    tcase_add_test(
        cases, a_host_that_was_called_in_vain_does_not_keep_the_others_waiting);
    tcase_add_test(cases, an_endpoint_that_is_known_to_do_well_needs_no_share);
    tcase_add_test(cases, a_host_that_fails_is_unproven_again);
    tcase_add_test(cases, a_good_response_counts_for_ten_minutes);
    tcase_add_test(cases, verifications_have_a_share_of_their_own);
    tcase_add_test(cases, a_verification_without_a_share_lets_deliveries_pass);
    tcase_add_test(cases,
                   a_request_that_lingers_gives_back_its_share_and_its_place);
    tcase_add_test(cases, no_more_linger_than_may);
    tcase_add_test(cases, a_host_never_has_more_in_flight_than_per_host);
    tcase_add_test(cases, a_slow_response_proves_no_host);
    return suite_run("host_shares", cases);
}
