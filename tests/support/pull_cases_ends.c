/* pull_cases_ends.c - pull subscriptions that nobody uses end. */
#include "tests/support/pull_cases.h"

#include <stdio.h>
#include <string.h>

static void lives(bool wanted)
{
    list_is("", 1, wanted ? ID : "");
}

START_TEST(it_ends_when_it_was_not_seen_for_its_ttl)
{
    add(false);
    pull_pass_s(TTL_S - 2);
    ck_assert_uint_eq(pull_expire(), 0);
    pull_pass_s(3);
    ck_assert_uint_eq(pull_expire(), 1);
    check(pull_begin(&first, 1000, false, NULL), WSUB_PULL_UNKNOWN);
    add(false);
}
END_TEST

static void touch(int how)
{
    switch (how) {
    case 0:
        begins(&first);
        break;
    case 1:
        done(pull_update(ID, NULL, NULL, 0));
        break;
    case 2:
        done(pull_update(ID, "a", START, 0));
        break;
    default:
        done(pull_end(&first, NULL));
    }
}

START_TEST(who_uses_it_keeps_it)
{
    add(false);
    begins(&first);
    pull_pass_s(TTL_S - 5);
    touch(_i);
    pull_pass_s(TTL_S - 5);
    ck_assert_uint_eq(pull_expire(), 0);
    pull_pass_s(10);
    ck_assert_uint_eq(pull_expire(), 1);
}
END_TEST

START_TEST(another_ttl_counts_from_now_on)
{
    add(false);
    done(pull_update(ID, NULL, NULL, 1000));
    pull_pass_s(990);
    ck_assert_uint_eq(pull_expire(), 0);
    done(pull_update(ID, NULL, NULL, 10));
    pull_pass_s(11);
    ck_assert_uint_eq(pull_expire(), 1);
}
END_TEST

START_TEST(a_request_that_waits_keeps_it)
{
    add(false);
    done(pull_begin(&first, 10 * TTL_S * 1000, false, NULL));
    for (int i = 0; i < 4; i++) {
        pull_pass_s(2 * TTL_S);
        ck_assert_uint_eq(pull_expire(), 0);
    }
    done(pull_end(&first, NULL));
    pull_pass_s(TTL_S - 5);
    ck_assert_uint_eq(pull_expire(), 0);
    pull_pass_s(6);
    ck_assert_uint_eq(pull_expire(), 1);
}
END_TEST

START_TEST(so_does_one_that_is_busy)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    check(pull_begin(&second, 5 * TTL_S * 1000, false, NULL), WSUB_PULL_BUSY);
    done(pull_end(&first, NULL));
    pull_pass_s(4 * TTL_S);
    ck_assert_uint_eq(pull_expire(), 0);
}
END_TEST

/* Three wait for 100, 200 and 300 s; each ends in turn, or never. */
static const struct {
    int ended[3]; /* in this order; -1: its process has died */
} waits[] = {
    {{0, 1, 2}},  {{0, 2, 1}},   {{1, 0, 2}},    {{1, 2, 0}},
    {{2, 0, 1}},  {{2, 1, 0}},   {{2, 1, -1}},   {{2, -1, -1}},
    {{0, 1, -1}}, {{1, -1, -1}}, {{-1, -1, -1}},
};

START_TEST(many_that_wait_keep_it_in_whatever_order_they_end)
{
    struct pull_request *requests[] = {&first, &second, &third};
    bool over[3] = {false};
    unsigned last_s = 0;

    add(false);
    for (unsigned i = 0; i < 3; i++)
        done(pull_begin(requests[i], (i + 1) * 100000, false, NULL));
    for (int i = 0; i < 3 && waits[_i].ended[i] >= 0; i++) {
        done(pull_end(requests[waits[_i].ended[i]], NULL));
        over[waits[_i].ended[i]] = true;
    }
    for (unsigned i = 0; i < 3; i++)
        last_s = over[i] ? last_s : (i + 1) * 100;
    pull_pass_s(last_s + TTL_S - 10);
    ck_assert_uint_eq(pull_expire(), 0);
    pull_pass_s(11);
    ck_assert_uint_eq(pull_expire(), 1);
}
END_TEST

START_TEST(a_request_that_begins_anew_counts_once)
{
    add(false);
    done(pull_begin(&first, 300000, false, NULL));
    done(pull_begin(&first, 100000, true, NULL));
    pull_pass_s(100 + TTL_S + 1);
    ck_assert_uint_eq(pull_expire(), 1);
}
END_TEST

START_TEST(what_is_due_lives_until_it_is_looked_at)
{
    add(false);
    pull_pass_s(2 * TTL_S);
    lives(true);
    check(pull_add(ID, "", TTL_S, false, ""), WSUB_PULL_EXISTS);
    begins(&first);
    ck_assert_uint_eq(pull_expire(), 0);
    lives(true);
    pull_pass_s(2 * TTL_S);
    ck_assert_uint_eq(pull_expire(), 1);
    lives(false);
}
END_TEST

START_TEST(each_ends_at_its_time)
{
    for (unsigned i = 0; i < 20; i++) {
        char id[8];

        snprintf(id, sizeof(id), "%u", i);
        done(pull_add(id, "", 10 * (i + 1), false, ""));
    }
    pull_pass_s(5);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_uint_eq(pull_expire(), 0);
        pull_pass_s(10);
        ck_assert_uint_eq(pull_expire(), 1);
    }
}
END_TEST

void add_ends(TCase *cases)
{
    tcase_add_test(cases, it_ends_when_it_was_not_seen_for_its_ttl);
    tcase_add_loop_test(cases, who_uses_it_keeps_it, 0, 4);
    tcase_add_test(cases, another_ttl_counts_from_now_on);
    tcase_add_test(cases, a_request_that_waits_keeps_it);
    tcase_add_test(cases, so_does_one_that_is_busy);
    tcase_add_loop_test(cases,
                        many_that_wait_keep_it_in_whatever_order_they_end, 0,
                        COUNT(waits));
    tcase_add_test(cases, a_request_that_begins_anew_counts_once);
    tcase_add_test(cases, what_is_due_lives_until_it_is_looked_at);
    tcase_add_test(cases, each_ends_at_its_time);
}
