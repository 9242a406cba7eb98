/* pull_cases_messages.c - requests for the messages of pull subscriptions. */
#include "tests/support/pull_cases.h"

#include <stdio.h>
#include <string.h>

#define HELD_S (WSUB_PULL_HELD_MS / 1000)

/* Without explicit ack. */

START_TEST(what_was_taken_and_ended_is_received)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-12-3 3-30-0"));
    done(pull_end(&first, "0-12-3 3-30-0"));
    begins_at(&second, "0-12-3 3-30-0");
}
END_TEST

START_TEST(what_is_held_is_for_nobody_else)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0 3-31-0"));
    check(pull_begin(&second, 1000, false, NULL), WSUB_PULL_BUSY);
    check(pull_begin(&third, 1000, true, NULL), WSUB_PULL_BUSY);
    done(pull_end(&first, "0-11-0 3-31-0"));
    begins_at(&second, "0-11-0 3-31-0");
}
END_TEST

START_TEST(who_knows_the_number_takes_nothing_that_is_held)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    second.number = first.number;
    check(pull_take(&second, "0-11-0"), WSUB_PULL_BUSY);
    check(pull_take(&first, "0-12-0"), WSUB_PULL_DONE);
}
END_TEST

START_TEST(of_two_who_wait_one_takes)
{
    add(_i != 0);
    begins(&first);
    begins(&second);
    done(pull_take(&second, "0-11-0"));
    check(pull_take(&first, "0-11-0"), WSUB_PULL_MOVED);
    done(pull_end(&second, _i != 0 ? NULL : "0-11-0"));
    done(pull_begin(&first, 1000, true, NULL));
    ck_assert_str_eq(first.cursors, "0-11-0 3-30-0");
    done(pull_take(&first, "3-31-0"));
}
END_TEST

START_TEST(what_could_not_be_written_is_handed_out_again)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    done(pull_end(&first, NULL));
    begins_at(&second, START);
    done(pull_take(&second, "0-11-0"));
    check(pull_end(&first, "0-50-0"), WSUB_PULL_MOVED);
    done(pull_end(&second, "0-11-0"));
    begins_at(&third, "0-11-0 3-30-0");
}
END_TEST

START_TEST(a_hold_lapses)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    pull_pass_s(HELD_S - 2);
    check(pull_begin(&second, 1000, false, NULL), WSUB_PULL_BUSY);
    pull_pass_s(2);
    begins_at(&second, START);
    done(pull_take(&second, "0-11-0"));
    check(pull_begin(&third, 1000, false, NULL), WSUB_PULL_BUSY);
    check(pull_end(&first, "0-11-0"), WSUB_PULL_MOVED);
    check(pull_begin(&third, 1000, false, NULL), WSUB_PULL_BUSY);
    done(pull_end(&second, "0-11-0"));
    begins_at(&third, "0-11-0 3-30-0");
}
END_TEST

START_TEST(a_late_end_counts_and_who_began_meanwhile_begins_anew)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    pull_pass_s(HELD_S + 1);
    begins_at(&second, START);
    done(pull_end(&first, "0-11-0"));
    check(pull_take(&second, "0-11-0"), WSUB_PULL_MOVED);
    begins_at(&second, "0-11-0 3-30-0");
    done(pull_take(&second, "3-31-0"));
}
END_TEST

START_TEST(who_found_nothing_moves_the_cursors_on)
{
    add(_i != 0);
    begins(&first);
    done(pull_end(&first, "0-99-9 3-5-0 4-7-0"));
    begins_at(&second, "0-99-9 3-30-0");
    done(pull_end(&second, NULL));
    begins_at(&second, "0-99-9 3-30-0");
}
END_TEST

START_TEST(who_found_nothing_moves_none_when_another_took)
{
    add(_i != 0);
    begins(&first);
    begins(&second);
    done(pull_take(&second, "0-11-0"));
    check(pull_end(&first, "0-99-0"), WSUB_PULL_MOVED);
    done(pull_end(&second, NULL));
    begins_at(&third, START);
}
END_TEST

START_TEST(without_explicit_ack_an_event_acknowledges_nothing)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    done(pull_end(&first, NULL));
    done(pull_begin(&second, 1000, true, "0-11-0"));
    ck_assert_str_eq(second.cursors, START);
}
END_TEST

/* With explicit ack. */

#define LAST "18446744073709551615"

/* Handed out up to 0-70-0, 3-80-0 and 5-90-0. */
static const struct {
    const char *after, *cursors;
} acks[] = {
    {"3-50-2", "0-50-2 3-50-2 5-50-1"},
    {"0-50-2", "0-50-2 3-50-1 5-50-1"},
    {"5-50-0", "0-50-0 3-50-0 5-50-0"},
    {"0-50-0", "0-50-0 3-49-" LAST " 5-49-" LAST},
    {"5-90-0", "0-70-0 3-80-0 5-90-0"},
    {"7-99-9", "0-70-0 3-80-0 5-90-0"},
    {"4-75-0", "0-70-0 3-75-0 5-74-" LAST},
    {"0-1-0", "0-4-0 3-4-0 5-4-0"},
    {NULL, "0-4-0 3-4-0 5-4-0"},
};

static void hand_out(const char *cursors)
{
    done(pull_add(ID, "", TTL_S, true, "0-4-0 3-4-0 5-4-0"));
    begins(&first);
    done(pull_take(&first, cursors));
    done(pull_end(&first, NULL));
}

START_TEST(an_event_acknowledges_what_is_not_after_it)
{
    hand_out("0-70-0 3-80-0 5-90-0");
    done(pull_begin(&second, 1000, false, acks[_i].after));
    ck_assert_str_eq(second.cursors, acks[_i].cursors);
    done(pull_begin(&third, 1000, false, "0-1-0"));
    ck_assert_str_eq(third.cursors, acks[_i].cursors);
}
END_TEST

/* An event that was handed out later may have an earlier id, in another shard. */
START_TEST(an_event_that_is_named_again_acknowledges_no_more)
{
    done(pull_add(ID, "", TTL_S, true, "0-4-0 3-4-0"));
    begins(&first);
    done(pull_take(&first, "0-4-0 3-50-0"));
    done(pull_begin(&second, 1000, false, "3-50-0"));
    ck_assert_str_eq(second.cursors, "0-4-0 3-50-0");
    done(pull_take(&second, "0-40-0 3-50-0"));
    done(pull_begin(&third, 1000, false, "3-50-0"));
    ck_assert_str_eq(third.cursors, "0-4-0 3-50-0");
    done(pull_begin(&third, 1000, false, "0-40-0"));
    ck_assert_str_eq(third.cursors, "0-40-0 3-50-0");
}
END_TEST

/* Each event of three shards, acknowledged in each order of three: the last one
 * in the order of events counts. */
START_TEST(acknowledgements_may_come_in_any_order)
{
    static const char *const events[] = {"0-20-0", "3-20-0", "5-20-0"};
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    int last = 0;

    hand_out("0-20-0 3-20-0 5-20-0");
    for (int i = 0; i < 3; i++) {
        char wanted[100];
        int event = orders[_i][i];

        last = event > last ? event : last;
        done(pull_begin(&second, 1000, false, events[event]));
        snprintf(wanted, sizeof(wanted), "0-20-0 3-%s 5-%s",
                 last >= 1 ? "20-0" : "19-" LAST,
                 last >= 2 ? "20-0" : "19-" LAST);
        ck_assert_str_eq(second.cursors, wanted);
    }
}
END_TEST

START_TEST(what_is_not_acknowledged_is_handed_out_again)
{
    add(true);
    begins(&first);
    done(pull_take(&first, "0-11-0 3-31-0"));
    begins_at(&second, START);
    done(pull_begin(&third, 1000, true, NULL));
    ck_assert_str_eq(third.cursors, "0-11-0 3-31-0");
    done(pull_take(&second, "0-10-5"));
    done(pull_begin(&third, 1000, true, NULL));
    ck_assert_str_eq(third.cursors, "0-11-0 3-31-0");
}
END_TEST

START_TEST(with_explicit_ack_nothing_is_held)
{
    add(true);
    begins(&first);
    done(pull_take(&first, "0-11-0"));
    begins(&second);
    done(pull_take(&second, "0-11-0"));
    done(pull_end(&second, "0-10-7"));
    begins_at(&third, "0-10-7 3-30-0");
}
END_TEST

void add_messages(TCase *cases)
{
    tcase_add_test(cases, what_was_taken_and_ended_is_received);
    tcase_add_test(cases, what_is_held_is_for_nobody_else);
    tcase_add_test(cases, who_knows_the_number_takes_nothing_that_is_held);
    tcase_add_loop_test(cases, of_two_who_wait_one_takes, 0, 2);
    tcase_add_test(cases, what_could_not_be_written_is_handed_out_again);
    tcase_add_test(cases, a_hold_lapses);
    tcase_add_test(cases,
                   a_late_end_counts_and_who_began_meanwhile_begins_anew);
    tcase_add_loop_test(cases, who_found_nothing_moves_the_cursors_on, 0, 2);
    tcase_add_loop_test(cases, who_found_nothing_moves_none_when_another_took,
                        0, 2);
    tcase_add_test(cases, without_explicit_ack_an_event_acknowledges_nothing);
    tcase_add_test(cases, an_event_that_is_named_again_acknowledges_no_more);
    tcase_add_loop_test(cases, an_event_acknowledges_what_is_not_after_it, 0,
                        COUNT(acks));
    tcase_add_loop_test(cases, acknowledgements_may_come_in_any_order, 0, 6);
    tcase_add_test(cases, what_is_not_acknowledged_is_handed_out_again);
    tcase_add_test(cases, with_explicit_ack_nothing_is_held);
}
