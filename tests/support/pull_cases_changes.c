/* pull_cases_changes.c - new topics and ttls of pull subscriptions. */
#include "tests/support/pull_cases.h"

#include <stdio.h>
#include <string.h>

START_TEST(new_topics_begin_where_the_old_ones_were)
{
    add(_i != 0);
    begins(&first);
    done(pull_end(&first, "0-12-0"));
    done(pull_update(ID, "invoices", "0-99-0 5-50-0", 0));
    begins_at(&second, "0-12-0 5-50-0");
    ck_assert_str_eq(second.topics, "invoices");
    ck_assert_uint_eq(second.ttl_s, TTL_S);
    done(pull_update(ID, "orders", "3-33-0 5-99-0", 0));
    begins_at(&second, "3-33-0 5-50-0");
}
END_TEST

START_TEST(who_waits_while_topics_change_begins_anew)
{
    add(_i != 0);
    begins(&first);
    begins(&second);
    done(pull_update(ID, "invoices", START, 0));
    check(pull_take(&first, "0-11-0"), WSUB_PULL_MOVED);
    check(pull_end(&second, "0-99-0"), WSUB_PULL_MOVED);
    begins_at(&first, START);
    done(pull_take(&first, "0-11-0"));
}
END_TEST

START_TEST(a_change_of_the_ttl_disturbs_nobody)
{
    add(false);
    begins(&first);
    done(pull_update(ID, NULL, NULL, 5));
    done(pull_take(&first, "0-11-0"));
    begins(&first);
    ck_assert_uint_eq(first.ttl_s, 5);
    ck_assert_str_eq(first.topics, "orders invoices");
    done(pull_end(&first, "0-11-0"));
}
END_TEST

START_TEST(what_is_held_while_topics_change_is_received)
{
    add(false);
    begins(&first);
    done(pull_take(&first, "0-11-0 3-31-0"));
    done(pull_update(ID, "invoices", "3-99-0 5-50-0", 0));
    check(pull_begin(&second, 1000, false, NULL), WSUB_PULL_BUSY);
    done(pull_end(&first, "0-11-0 3-31-0"));
    begins_at(&second, "3-31-0 5-50-0");
}
END_TEST

START_TEST(what_was_handed_out_is_kept_while_topics_change)
{
    add(true);
    begins(&first);
    done(pull_take(&first, "0-11-0 3-31-0"));
    done(pull_update(ID, "invoices", "3-99-0 5-50-0", 0));
    done(pull_begin(&second, 1000, true, NULL));
    ck_assert_str_eq(second.cursors, "3-31-0 5-50-0");
    begins_at(&second, "3-30-0 5-50-0");
}
END_TEST

void add_changes(TCase *cases)
{
    tcase_add_loop_test(cases, new_topics_begin_where_the_old_ones_were, 0, 2);
    tcase_add_loop_test(cases, who_waits_while_topics_change_begins_anew, 0, 2);
    tcase_add_test(cases, a_change_of_the_ttl_disturbs_nobody);
    tcase_add_test(cases, what_is_held_while_topics_change_is_received);
    tcase_add_test(cases, what_was_handed_out_is_kept_while_topics_change);
}
