/* test_reshard_cursors.c - the cursors of a pull subscription in another number of
 * shards. */
#include "common/reshard/cursors.h"

#include <stdio.h>

#include "common/store/topic.h"
#include "tests/unit/suite.h"

#define LARGEST "18446744073709551615"
#define URL "http://a.example/"

static const struct {
    struct wsub_layouts layouts;
    const char *topics, *before, *after;
} moves[] = {
    {{2, 4}, "", "0-5-1 1-6-2", "0-5-1 1-6-2 2-5-1 3-6-2"},
    {{4, 2}, "", "0-5-1 1-6-2 2-4-9 3-7-0", "0-4-19 1-6-4"},
    {{4, 2}, "*", "0-0-0 1-6-2 2-4-9 3-7-0", "0-0-0 1-6-4"},
    {{2, 1}, "", "0-5-1 1-5-1", "0-5-2"},
    {{2, 1}, "", "0-5-" LARGEST " 1-6-0", "0-5-" LARGEST},
    {{1, 3}, "", "0-5-7", "0-5-7 1-5-7 2-5-7"},
    {{4, 2}, "", "", ""},
};

START_TEST(a_cursor_is_the_earliest_of_those_that_feed_its_shard)
{
    struct wsub_buf out = {0};

    ck_assert_int_eq(wsub_reshard_cursors(&moves[_i].layouts, moves[_i].topics,
                                          moves[_i].before, &out),
                     WSUB_OK);
    ck_assert_str_eq(wsub_buf_cstr(&out), moves[_i].after);
    wsub_buf_done(&out);
}
END_TEST

START_TEST(a_topic_keeps_its_own_place)
{
    static const struct wsub_layouts layouts = {4, 8};
    struct wsub_buf before = {0}, out = {0};
    char after[64];

    wsub_buf_printf(&before, "%u-5-1", wsub_topic_shard_of(URL, 4));
    snprintf(after, sizeof(after), "%u-5-1", wsub_topic_shard_of(URL, 8));
    ck_assert_int_eq(
        wsub_reshard_cursors(&layouts, URL, wsub_buf_cstr(&before), &out),
        WSUB_OK);
    ck_assert_str_eq(wsub_buf_cstr(&out), after);
    wsub_buf_done(&before);
    wsub_buf_done(&out);
}
END_TEST

static const char *const bad[] = {
    "4-1-1", "1-1", "1", "-1-1", "1-1-1x", "x-1-1", "1-1-99999999999999999999",
};

START_TEST(cursors_that_can_not_be_read_are_refused)
{
    static const struct wsub_layouts layouts = {4, 2};
    struct wsub_buf out = {0};

    ck_assert_int_eq(wsub_reshard_cursors(&layouts, "", bad[_i], &out),
                     WSUB_ERR_INVALID);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("reshard_cursors");

    tcase_add_loop_test(cases,
                        a_cursor_is_the_earliest_of_those_that_feed_its_shard,
                        0, COUNT(moves));
    tcase_add_test(cases, a_topic_keeps_its_own_place);
    tcase_add_loop_test(cases, cursors_that_can_not_be_read_are_refused, 0,
                        COUNT(bad));
    return suite_run("reshard_cursors", cases);
}
