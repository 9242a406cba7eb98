/* test_pull_subscription.c - cursors of pull subscriptions, and the order of
 * events: common/store/pull/subscription.h. */
#include "common/store/pull/subscription.h"

#include <string.h>

#include "tests/unit/suite.h"

#define SHARDS 12
#define LARGEST "18446744073709551615"

static const char *const good[] = {
    "",
    "0-0-0",
    "11-1795276380946-7",
    "0-5-6 1-5-6",
    "1-" LARGEST "-" LARGEST " 5-0-1 11-7-0",
};

START_TEST(cursors_are_read_and_written)
{
    struct wsub_pull_cursors cursors;
    char *text;

    ck_assert(wsub_pull_cursors_parse(good[_i], SHARDS, &cursors));
    text = wsub_pull_cursors_text(&cursors);
    ck_assert_str_eq(text, good[_i]);
    free(text);
    wsub_pull_cursors_done(&cursors);
    ck_assert_uint_eq(cursors.count, 0);
}
END_TEST

static const char *const bad[] = {
    " ",
    "x",
    "1-2",
    "1-2-3 ",
    " 1-2-3",
    "1-2-3  2-2-3",
    "2-2-3 1-2-3",
    "1-2-3 1-2-4",
    "12-2-3",
    "1-2-3,2-2-3",
    "1-2-18446744073709551616",
    "1-2-3 2",
    "1-00000000000000000000000000000000000000000000000000000000000000001-2",
};

START_TEST(what_is_malformed_is_refused)
{
    struct wsub_pull_cursors cursors = {NULL, 77};

    ck_assert(!wsub_pull_cursors_parse(bad[_i], SHARDS, &cursors));
    ck_assert_uint_eq(cursors.count, 77);
}
END_TEST

START_TEST(more_cursors_than_shards_are_refused)
{
    struct wsub_pull_cursors cursors;

    ck_assert(wsub_pull_cursors_parse("0-1-1 1-1-1", 2, &cursors));
    wsub_pull_cursors_done(&cursors);
    ck_assert(!wsub_pull_cursors_parse("0-1-1 1-1-1 2-1-1", 2, &cursors));
}
END_TEST

START_TEST(the_cursor_of_a_shard_is_found)
{
    struct wsub_pull_cursors cursors;

    ck_assert(
        wsub_pull_cursors_parse("1-10-0 3-30-0 7-70-0", SHARDS, &cursors));
    ck_assert_uint_eq(wsub_pull_cursors_find(&cursors, 1)->ms, 10);
    ck_assert_uint_eq(wsub_pull_cursors_find(&cursors, 3)->ms, 30);
    ck_assert_uint_eq(wsub_pull_cursors_find(&cursors, 7)->ms, 70);
    ck_assert_ptr_null(wsub_pull_cursors_find(&cursors, 0));
    ck_assert_ptr_null(wsub_pull_cursors_find(&cursors, 2));
    ck_assert_ptr_null(wsub_pull_cursors_find(&cursors, 8));
    wsub_pull_cursors_done(&cursors);
    ck_assert_ptr_null(wsub_pull_cursors_find(&cursors, 1));
}
END_TEST

/* In order. */
static const struct wsub_place ordered[] = {
    {9, 1, 9}, {1, 8, 0}, {0, 8, 1}, {4, 8, 1}, {5, 8, 1}, {2, 8, 2}, {0, 9, 0},
};

START_TEST(events_are_in_the_order_of_time_number_and_shard)
{
    const int count = COUNT(ordered);

    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            ck_assert_int_eq(wsub_pull_order(&ordered[i], &ordered[j]),
                             (i > j) - (i < j));
}
END_TEST

static const struct {
    struct wsub_place after;
    unsigned shard;
    uint64_t ms, seq;
} lasts[] = {
    {{3, 8, 5}, 3, 8, 5}, {{3, 8, 5}, 0, 8, 5},          {{3, 8, 5}, 4, 8, 4},
    {{3, 8, 0}, 2, 8, 0}, {{3, 8, 0}, 4, 7, UINT64_MAX}, {{3, 0, 0}, 4, 0, 0},
};

START_TEST(the_last_place_until_an_event_is_the_last_not_after_it)
{
    const struct wsub_place *after = &lasts[_i].after;
    struct wsub_place last = wsub_pull_last_until(after, lasts[_i].shard);

    ck_assert_uint_eq(last.shard, lasts[_i].shard);
    ck_assert_uint_eq(last.ms, lasts[_i].ms);
    ck_assert_uint_eq(last.seq, lasts[_i].seq);
    if (last.ms > 0) {
        ck_assert_int_le(wsub_pull_order(&last, after), 0);
        last.seq++;
        if (last.seq == 0)
            last.ms++;
        ck_assert_int_gt(wsub_pull_order(&last, after), 0);
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull_subscription");

    tcase_add_loop_test(cases, cursors_are_read_and_written, 0, COUNT(good));
    tcase_add_loop_test(cases, what_is_malformed_is_refused, 0, COUNT(bad));
    tcase_add_test(cases, more_cursors_than_shards_are_refused);
    tcase_add_test(cases, the_cursor_of_a_shard_is_found);
    tcase_add_test(cases, events_are_in_the_order_of_time_number_and_shard);
    tcase_add_loop_test(cases,
                        the_last_place_until_an_event_is_the_last_not_after_it,
                        0, COUNT(lasts));
    return suite_run("pull_subscription", cases);
}
