/* pull_cases_subscriptions.c - adding, removing and listing pull subscriptions. */
#include "tests/support/pull_cases.h"

#include <stdio.h>
#include <string.h>

START_TEST(what_was_added_is_told_to_who_begins)
{
    add(true);
    begins_at(&first, START);
    ck_assert_str_eq(first.topics, "orders invoices");
    ck_assert_uint_eq(first.ttl_s, TTL_S);
    ck_assert(first.explicit_ack);
}
END_TEST

START_TEST(no_topics_and_no_cursors_are_fine)
{
    done(pull_add(ID, "", 1, false, ""));
    begins_at(&first, "");
    ck_assert_str_eq(first.topics, "");
    ck_assert(!first.explicit_ack);
}
END_TEST

START_TEST(an_id_is_there_once)
{
    add(false);
    check(pull_add(ID, "others", 1, true, ""), WSUB_PULL_EXISTS);
    begins_at(&first, START);
    ck_assert_str_eq(first.topics, "orders invoices");
    done(pull_remove(ID));
    add(false);
}
END_TEST

START_TEST(of_a_hundred_who_add_one_is_done)
{
    ck_assert_uint_eq(pull_add_many(ID, 100), 1);
}
END_TEST

static const char *const ids[] = {
    " ", "a b", "{3}", "}{", ":", "a:b:c", "*", "\xc3\xa4\xe2\x82\xac",
    "-", "(a",
};

START_TEST(an_id_may_be_any_text)
{
    struct pull_request request = {.id = ids[_i], .token = "t"};

    done(pull_add(ids[_i], "", TTL_S, false, START));
    done(pull_begin(&request, 1000, false, NULL));
    done(pull_take(&request, START));
    done(pull_end(&request, START));
    list_is("", 10, ids[_i]);
    done(pull_update(ids[_i], "a", START, 1));
    done(pull_remove(ids[_i]));
    list_is("", 10, "");
    pull_request_done(&request);
}
END_TEST

START_TEST(an_id_of_256_characters_is_fine)
{
    char id[WSUB_PULL_ID_BYTES];

    for (int i = 0; i < WSUB_PULL_ID_CHARS_MAX; i++)
        memcpy(id + 4 * (size_t)i, "\xf0\x9f\x90\x98", 4);
    id[WSUB_PULL_ID_BYTES - 1] = '\0';
    done(pull_add(id, "", TTL_S, false, START));
    list_is("", 1, id);
    done(pull_remove(id));
}
END_TEST

START_TEST(there_are_no_more_than_may_be)
{
    done(pull_add_at_most(ID, 1, 0));
    check(pull_add_at_most(ID, 1, 0), WSUB_PULL_EXISTS);
    done(pull_remove(ID));
    check(pull_add_at_most(ID, 3, 3), WSUB_PULL_FULL);
    check(pull_add_at_most(ID, 3, 4), WSUB_PULL_FULL);
    check(pull_begin(&first, 1000, false, NULL), WSUB_PULL_UNKNOWN);
    done(pull_add_at_most(ID, 3, 2));
    done(pull_add_at_most("another", 0, 9));
}
END_TEST

START_TEST(what_there_is_not_is_unknown)
{
    check(pull_remove(ID), WSUB_PULL_UNKNOWN);
    check(pull_update(ID, "a", START, 5), WSUB_PULL_UNKNOWN);
    check(pull_begin(&first, 1000, false, NULL), WSUB_PULL_UNKNOWN);
    check(pull_take(&first, START), WSUB_PULL_UNKNOWN);
    check(pull_end(&first, START), WSUB_PULL_UNKNOWN);
}
END_TEST

START_TEST(what_is_removed_meanwhile_is_unknown)
{
    add(false);
    begins(&first);
    done(pull_remove(ID));
    check(pull_take(&first, START), WSUB_PULL_UNKNOWN);
    check(pull_end(&first, START), WSUB_PULL_UNKNOWN);
}
END_TEST

START_TEST(a_request_for_a_removed_one_is_none_for_the_next)
{
    add(false);
    begins(&first);
    begins(&second);
    done(pull_take(&second, "0-11-0 3-30-0"));
    done(pull_remove(ID));
    pull_pass_s(1);
    add(false);
    check(pull_take(&first, "0-11-0 3-30-0"), WSUB_PULL_MOVED);
    check(pull_end(&second, "0-11-0 3-30-0"), WSUB_PULL_MOVED);
    begins_at(&third, START);
}
END_TEST

START_TEST(ids_are_listed_page_by_page_in_byte_order)
{
    static const char *const names[] = {"b", "\xc3\xa4", "aa", "a", "B", "z"};

    list_is("", 10, "");
    for (int i = 0; i < COUNT(names); i++)
        done(pull_add(names[i], "", TTL_S, false, ""));
    list_is("", 10, "B a aa b z \xc3\xa4");
    list_is("", 6, "B a aa b z \xc3\xa4");
    list_is("", 4, "B a aa b+");
    list_is("b", 4, "z \xc3\xa4");
    list_is("aaa", 1, "b+");
    list_is("\xc3\xa4", 4, "");
    done(pull_remove("b"));
    list_is("aa", 1, "z+");
}
END_TEST

START_TEST(pages_have_each_of_many_ids_once)
{
    char id[16] = "", *page;

    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof(id), "%03d", i);
        done(pull_add(id, "", TTL_S, false, ""));
    }
    id[0] = '\0';
    for (int i = 0; i < 100; i++) {
        char wanted[16];

        page = pull_list(id, 1);
        snprintf(wanted, sizeof(wanted), "%03d%s", i, i < 99 ? "+" : "");
        ck_assert_str_eq(page, wanted);
        snprintf(id, sizeof(id), "%03d", i);
        free(page);
    }
}
END_TEST

void add_subscriptions(TCase *cases)
{
    tcase_add_test(cases, what_was_added_is_told_to_who_begins);
    tcase_add_test(cases, no_topics_and_no_cursors_are_fine);
    tcase_add_test(cases, an_id_is_there_once);
    tcase_add_test(cases, of_a_hundred_who_add_one_is_done);
    tcase_add_loop_test(cases, an_id_may_be_any_text, 0, COUNT(ids));
    tcase_add_test(cases, an_id_of_256_characters_is_fine);
    tcase_add_test(cases, there_are_no_more_than_may_be);
    tcase_add_test(cases, what_there_is_not_is_unknown);
    tcase_add_test(cases, what_is_removed_meanwhile_is_unknown);
    tcase_add_test(cases, a_request_for_a_removed_one_is_none_for_the_next);
    tcase_add_test(cases, ids_are_listed_page_by_page_in_byte_order);
    tcase_add_test(cases, pages_have_each_of_many_ids_once);
}
