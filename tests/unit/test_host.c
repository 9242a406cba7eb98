/* test_host.c - transfers to one host at once. */
#include <stdio.h>
#include <string.h>

#include "deliver/host.h"
#include "tests/unit/suite.h"

#define PER_HOST 2
#define WAITING_MAX 256 /* as in host.c */
#define FOREVER_MS 3600000
#define URL "http://s.example/cb"

struct guest {
    struct deliver_ticket ticket; /* first: a ticket is its guest */
    int turns, lates;
    unsigned order; /* of its turn or lateness, from 1 */
};

static struct deliver_hosts *hosts;
static unsigned calls;

static void on_turn(struct deliver_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    guest->turns++;
    guest->order = ++calls;
}

static void on_late(struct deliver_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_null(ticket->host);
    guest->lates++;
    guest->order = ++calls;
}

static void set_up(void)
{
    hosts = deliver_hosts_new(PER_HOST, FOREVER_MS);
    calls = 0;
}

static void tear_down(void)
{
    deliver_hosts_free(hosts);
}

static uint64_t delay_ms; /* of the last one sent away */

static enum deliver_entry enter(struct guest *guest, const char *url)
{
    *guest = (struct guest){.ticket = {.on_turn = on_turn, .on_late = on_late}};
    return deliver_host_enter(hosts, url, &guest->ticket, &delay_ms);
}

static void leave(struct guest *guest)
{
    deliver_host_leave(hosts, &guest->ticket);
    ck_assert_ptr_null(guest->ticket.host);
}

/* Enters `count` guests, of which PER_HOST send and the rest waits. */
static void crowd(struct guest *guests, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(enter(&guests[i], URL),
                         i < PER_HOST ? DELIVER_ENTRY_NOW : DELIVER_ENTRY_WAIT);
}

START_TEST(no_more_than_per_host_send)
{
    struct guest g[4];

    crowd(g, 4);
    ck_assert_int_eq(g[2].turns + g[3].turns, 0);
    leave(&g[1]);
    ck_assert_int_eq(g[2].turns, 1);
    ck_assert_int_eq(g[3].turns, 0);
}
END_TEST

START_TEST(those_that_wait_get_their_turn_in_order)
{
    struct guest g[6];

    crowd(g, 6);
    for (int i = 0; i < 6; i++)
        leave(&g[i]);
    for (unsigned i = PER_HOST; i < 6; i++) {
        ck_assert_int_eq(g[i].turns, 1);
        ck_assert_uint_eq(g[i].order, i - PER_HOST + 1);
    }
    ck_assert_int_eq(enter(&g[0], URL), DELIVER_ENTRY_NOW);
    leave(&g[0]);
}
END_TEST

START_TEST(the_urgent_go_first_and_have_room_of_their_own)
{
    struct guest g[PER_HOST + WAITING_MAX], first, second;

    crowd(g, PER_HOST + WAITING_MAX);
    for (int i = 0; i < 2; i++) {
        struct guest *guest = i == 0 ? &first : &second;

        *guest = (struct guest){
            .ticket = {.on_turn = on_turn, .on_late = on_late, .urgent = true}};
        ck_assert_int_eq(
            deliver_host_enter(hosts, URL, &guest->ticket, &delay_ms),
            DELIVER_ENTRY_WAIT);
    }
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
    struct guest g[PER_HOST + WAITING_MAX], more, other;

    crowd(g, PER_HOST + WAITING_MAX);
    ck_assert_int_eq(enter(&more, URL), DELIVER_ENTRY_FULL);
    ck_assert_ptr_null(more.ticket.host);
    ck_assert_int_eq(enter(&other, "http://other.example/"), DELIVER_ENTRY_NOW);
    leave(&g[0]);
    ck_assert_int_eq(enter(&more, URL), DELIVER_ENTRY_WAIT);
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
};

START_TEST(a_host_is_scheme_name_and_port)
{
    struct guest g[PER_HOST], more;

    for (int i = 0; i < PER_HOST; i++)
        ck_assert_int_eq(enter(&g[i], pairs[_i].one), DELIVER_ENTRY_NOW);
    ck_assert_int_eq(enter(&more, pairs[_i].two),
                     pairs[_i].same ? DELIVER_ENTRY_WAIT : DELIVER_ENTRY_NOW);
}
END_TEST

static const char *const bad[] = {
    "", "nonsense", "/cb", "ftp://s.example/", "http://", "http:///cb"};

START_TEST(what_is_no_url_does_not_enter)
{
    struct guest guest;

    ck_assert_int_eq(enter(&guest, bad[_i]), DELIVER_ENTRY_BAD);
    ck_assert_ptr_null(guest.ticket.host);
}
END_TEST

START_TEST(those_that_are_not_late_stay)
{
    struct guest g[4];

    crowd(g, 4);
    deliver_hosts_expire(hosts, false);
    ck_assert_int_eq(g[2].lates + g[3].lates, 0);
    leave(&g[0]);
    ck_assert_int_eq(g[2].turns, 1);
}
END_TEST

static void check_all_late(void)
{
    struct guest g[5], next;

    crowd(g, 5);
    deliver_hosts_expire(hosts, true);
    for (unsigned i = PER_HOST; i < 5; i++) {
        ck_assert_int_eq(g[i].lates, 1);
        ck_assert_int_eq(g[i].turns, 0);
        ck_assert_uint_eq(g[i].order, i - PER_HOST + 1);
    }
    ck_assert_int_eq(g[0].lates + g[1].lates, 0);
    leave(&g[0]);
    ck_assert_int_eq(enter(&next, URL), DELIVER_ENTRY_NOW);
    leave(&g[1]);
    leave(&next);
}

START_TEST(everyone_that_waits_may_be_sent_away)
{
    check_all_late();
}
END_TEST

START_TEST(who_may_not_wait_at_all_is_late_at_once)
{
    struct guest g[3];

    deliver_hosts_free(hosts);
    hosts = deliver_hosts_new(PER_HOST, 0);
    crowd(g, 3);
    deliver_hosts_expire(hosts, false);
    ck_assert_int_eq(g[2].lates, 1);
}
END_TEST

/* A job whose turn fails at once leaves during the call that gave it. */
static void on_turn_leave(struct deliver_ticket *ticket)
{
    on_turn(ticket);
    deliver_host_leave(hosts, ticket);
}

START_TEST(a_turn_may_end_during_its_call)
{
    struct guest g[5];

    crowd(g, 5);
    for (int i = PER_HOST; i < 5; i++)
        g[i].ticket.on_turn = on_turn_leave;
    leave(&g[0]);
    for (int i = PER_HOST; i < 5; i++)
        ck_assert_int_eq(g[i].turns, 1);
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
        ck_assert_int_eq(enter(&g[i], one), DELIVER_ENTRY_NOW);
    ck_assert_int_eq(enter(&g[PER_HOST], two), DELIVER_ENTRY_NOW);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, no_more_than_per_host_send);
    tcase_add_test(cases, those_that_wait_get_their_turn_in_order);
    tcase_add_test(cases, the_urgent_go_first_and_have_room_of_their_own);
    tcase_add_test(cases, too_many_are_turned_away);
    tcase_add_loop_test(cases, a_host_is_scheme_name_and_port, 0, COUNT(pairs));
    tcase_add_loop_test(cases, what_is_no_url_does_not_enter, 0, COUNT(bad));
    tcase_add_test(cases, those_that_are_not_late_stay);
    tcase_add_test(cases, everyone_that_waits_may_be_sent_away);
    tcase_add_test(cases, who_may_not_wait_at_all_is_late_at_once);
    tcase_add_test(cases, a_turn_may_end_during_its_call);
    tcase_add_test(cases, the_longest_names_do_not_meet);
    return suite_run("host", cases);
}
