/* test_host_address.c - hosts that are one address. */
#include "tests/unit/host_fixture.h"

#define HOSTS 6
#define MANY 600

static struct guest guests[MANY];
static const char *addresses; /* of every name; "" while they are not known */

static const char *url_of(int host)
{
    static char url[64];

    snprintf(url, sizeof(url), "http://h%d.many.example/", host);
    return url;
}

static void locate(const char *host, struct wsub_address_key *ret_key,
                   void *arg)
{
    (void)arg;
    wsub_address_key(host, addresses, ret_key);
}

static void begin_at(const char *known, uint32_t per_address,
                     uint32_t urgent_rate)
{
    struct wsub_hosts_options chosen = options(PER_HOST, 0);

    addresses = known;
    chosen.per_address = per_address;
    chosen.urgent_rate = urgent_rate;
    chosen.lingering_max = 100;
    chosen.locate = locate;
    begin_with(&chosen);
}

static bool resolved(struct guest *guest, const char *known)
{
    return wsub_host_resolved(hosts, &guest->ticket, known, now_us);
}

static void leave_all(int first, int last)
{
    for (int i = first; i <= last; i++)
        leave_with(&guests[i], WSUB_HOST_SIGN_NONE);
}

START_TEST(unproven_hosts_of_one_address_share_it)
{
    struct guest proven, elsewhere;

    begin_at("1.2.3.4", 3, 0);
    prove(URL);
    for (int i = 0; i < HOSTS; i++)
        ck_assert_int_eq(enter(&guests[i], url_of(i)),
                         i < 3 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_FULL);
    ck_assert_int_eq(enter(&proven, URL), WSUB_HOST_ENTRY_NOW);
    addresses = "1.2.3.5";
    ck_assert_int_eq(enter(&elsewhere, "http://other.example/"),
                     WSUB_HOST_ENTRY_NOW);
    leave(&proven);
    leave(&elsewhere);
    leave_all(0, 2);
}
END_TEST

START_TEST(those_that_linger_count_at_their_address)
{
    begin_at("1.2.3.4", 1, 0);
    ck_assert_int_eq(enter(&guests[0], url_of(0)), WSUB_HOST_ENTRY_NOW);
    now_us += 2 * SECOND;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(guests[0].lingers, 1);
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_FULL);
    leave_all(0, 0);
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_NOW);
    leave_all(1, 1);
}
END_TEST

START_TEST(what_was_parked_for_an_address_is_called_host_by_host)
{
    begin_at("1.2.3.4", 1, 0);
    for (int i = 0; i < 3; i++)
        enter(&guests[i], url_of(i));
    for (int i = 1; i < 3; i++)
        ck_assert(wsub_host_parked(hosts, guests[i].ticket.full_name, now_us));
    ck_assert_int_eq(capacities.calls, 0);
    leave_with(&guests[0], WSUB_HOST_SIGN_NONE);
    ck_assert_int_eq(capacities.calls, 2); /* as one may not come */
    ck_assert_int_eq(enter(&guests[1], url_of(1)), WSUB_HOST_ENTRY_NOW);
    leave_all(1, 1);
}
END_TEST

START_TEST(names_whose_address_is_not_known_share_their_domain)
{
    struct guest other;

    begin_at("", 2, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(enter(&guests[i], url_of(i)),
                         i < 2 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_FULL);
    ck_assert_int_eq(enter(&other, "http://h.example.org/"),
                     WSUB_HOST_ENTRY_NOW);
    leave(&other);
    leave_all(0, 1);
}
END_TEST

START_TEST(a_name_that_is_resolved_moves_to_its_address)
{
    begin_at("", 2, 0);
    ck_assert_int_eq(enter(&guests[0], "http://h.a.example/"),
                     WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&guests[1], "http://h.b.example/"),
                     WSUB_HOST_ENTRY_NOW);
    ck_assert_int_eq(enter(&guests[2], "http://h.c.other/"),
                     WSUB_HOST_ENTRY_NOW);
    ck_assert(resolved(&guests[0], "1.2.3.4"));
    ck_assert(resolved(&guests[1], "1.2.3.4"));
    ck_assert(!resolved(&guests[2], "1.2.3.4"));
    leave_with(&guests[2], WSUB_HOST_SIGN_NONE);
    ck_assert(wsub_host_parked(hosts, guests[2].ticket.full_name, now_us));
    addresses = "1.2.3.4";
    ck_assert_int_eq(enter(&guests[2], "http://h.c.other/"),
                     WSUB_HOST_ENTRY_FULL);
    leave_with(&guests[0], WSUB_HOST_SIGN_NONE);
    ck_assert_int_eq(capacities.calls, 1);
    ck_assert_int_eq(enter(&guests[2], "http://h.c.other/"),
                     WSUB_HOST_ENTRY_NOW);
    leave_all(1, 2);
}
END_TEST

START_TEST(verifications_wait_for_their_address_in_rotation)
{
    begin_at("1.2.3.4", 1, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(enter_as(&guests[i], url_of(i), true),
                         i < 1 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
    leave_with(&guests[0], WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(guests[1].starts, 1);
    ck_assert_int_eq(guests[2].starts, 0);
    leave_with(&guests[1], WSUB_HOST_SIGN_TIMEOUT);
    ck_assert_int_eq(guests[2].starts, 1);
    leave_all(2, 2);
}
END_TEST

START_TEST(few_verifications_wait_for_one_address)
{
    struct guest other;
    int waiting = 0;

    begin_at("1.2.3.4", 1, 0);
    for (int i = 0; i < MANY; i++)
        waiting +=
            enter_as(&guests[i], url_of(i), true) == WSUB_HOST_ENTRY_WAIT;
    ck_assert_int_eq(waiting, 512);
    ck_assert(guests[MANY - 1].ticket.address_is_full);
    addresses = "1.2.3.5";
    ck_assert_int_eq(enter_as(&other, "http://other.example/", true),
                     WSUB_HOST_ENTRY_NOW);
    wsub_hosts_expire(hosts, true, now_us);
    ck_assert_uint_eq(counts().waiting, 0);
    leave(&other);
    leave_all(0, 0);
}
END_TEST

/* Twenty a second, of which two may be saved. */
START_TEST(verifications_have_a_rate_by_host_and_by_address)
{
    static struct guest others[4];
    struct guest delivery;
    int starts = 0;

    begin_at("1.2.3.4", 0, 20);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(enter_as(&others[i], url_of(i), true),
                         i < 2 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), now_us + SECOND / 20);
    enter(&delivery, url_of(2));
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(delivery.starts, 1);
    now_us += SECOND / 20;
    wsub_hosts_tick(hosts, now_us);
    for (int i = 2; i < 4; i++)
        starts += others[i].starts;
    ck_assert_int_eq(starts, 1);
    now_us += SECOND / 20;
    wsub_hosts_tick(hosts, now_us);
    for (int i = 0; i < 4; i++)
        leave(&others[i]);
    leave(&delivery);
}
END_TEST

START_TEST(the_rate_outlasts_those_who_use_it)
{
    begin_at("1.2.3.4", 0, 10);
    ck_assert_int_eq(enter_as(&guests[0], url_of(0), true),
                     WSUB_HOST_ENTRY_NOW);
    leave_all(0, 0);
    wsub_hosts_expire(hosts, false, now_us);
    ck_assert_int_eq(enter_as(&guests[1], url_of(1), true),
                     WSUB_HOST_ENTRY_WAIT);
    now_us += SECOND / 10;
    wsub_hosts_tick(hosts, now_us);
    ck_assert_int_eq(guests[1].starts, 1);
    leave_all(1, 1);
}
END_TEST

START_TEST(an_address_that_nobody_uses_is_forgotten_once)
{
    begin_at("1.2.3.4", 2, 10);
    enter_as(&guests[0], url_of(0), true);
    leave_all(0, 0);
    for (int i = 0; i < 3; i++)
        wsub_hosts_expire(hosts, false, now_us);
    now_us += 3600 * (uint64_t)SECOND;
    for (int i = 0; i < 3; i++)
        wsub_hosts_expire(hosts, false, now_us);
    ck_assert_uint_eq(counts().known, 0);
    ck_assert_int_eq(enter_as(&guests[1], url_of(1), true),
                     WSUB_HOST_ENTRY_NOW);
    leave_all(1, 1);
}
END_TEST

/* What verifications may start in a second: any number, or ten. */
static const uint32_t rates[] = {0, 10};

/* Hosts of changing addresses, in whatever order, at a limit of 2. */
START_TEST(no_place_is_lost)
{
    static const char *const places[] = {"1.1.1.1", "2.2.2.2", ""};
    uint32_t state = 7;
    bool in[HOSTS] = {0};

    begin_at("", 2, rates[_i]);
    for (int round = 0; round < 20000; round++) {
        int i;

        state = state * 1664525 + 1013904223;
        i = (int)((state >> 16) % HOSTS);
        addresses = places[(state >> 24) % 3];
        if (in[i]) {
            leave_with(&guests[i], WSUB_HOST_SIGN_NONE);
            in[i] = false;
        } else if (enter_as(&guests[i], url_of(i), state & 0x1000) ==
                   WSUB_HOST_ENTRY_NOW) {
            in[i] = resolved(&guests[i], places[(state >> 26) % 2]);
            if (!in[i])
                leave_with(&guests[i], WSUB_HOST_SIGN_NONE);
        } else {
            wsub_hosts_expire(hosts, true, now_us);
        }
        for (int k = 0; k < HOSTS; k++)
            in[k] = in[k] || guests[k].ticket.host != NULL;
        now_us += 1000;
    }
    for (int i = 0; i < HOSTS; i++)
        if (in[i])
            leave_with(&guests[i], WSUB_HOST_SIGN_NONE);
    addresses = places[0];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(enter(&guests[i], url_of(i)),
                         i < 2 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_FULL);
    leave_all(0, 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("host_address");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, unproven_hosts_of_one_address_share_it);
    tcase_add_test(tcase, those_that_linger_count_at_their_address);
    tcase_add_test(tcase,
                   what_was_parked_for_an_address_is_called_host_by_host);
    tcase_add_test(tcase, names_whose_address_is_not_known_share_their_domain);
    tcase_add_test(tcase, a_name_that_is_resolved_moves_to_its_address);
    tcase_add_test(tcase, verifications_wait_for_their_address_in_rotation);
    tcase_add_test(tcase, few_verifications_wait_for_one_address);
    tcase_add_test(tcase, verifications_have_a_rate_by_host_and_by_address);
    tcase_add_test(tcase, the_rate_outlasts_those_who_use_it);
    tcase_add_test(tcase, an_address_that_nobody_uses_is_forgotten_once);
    tcase_add_loop_test(tcase, no_place_is_lost, 0, 2);
    return suite_run("host_address", tcase);
}
