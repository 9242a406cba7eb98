/* test_place.c - places in the lists of all shards. */
#include "common/store/place.h"

#include <string.h>

#include "tests/unit/suite.h"

#define SHARDS 12
#define LARGEST "18446744073709551615"

static const struct {
    const char *text;
    struct wsub_place place;
} good[] = {
    {"0-0-0", {0, 0, 0}},
    {"11-1795276380946-7", {11, 1795276380946, 7}},
    {"1-" LARGEST "-" LARGEST, {1, UINT64_MAX, UINT64_MAX}},
};

START_TEST(a_place_is_read_and_written)
{
    struct wsub_place place;
    char text[WSUB_PLACE_BYTES];

    ck_assert(wsub_place_parse(good[_i].text, SHARDS, &place));
    ck_assert_uint_eq(place.shard, good[_i].place.shard);
    ck_assert_uint_eq(place.ms, good[_i].place.ms);
    ck_assert_uint_eq(place.seq, good[_i].place.seq);
    wsub_place_text(&place, text);
    ck_assert_str_eq(text, good[_i].text);
}
END_TEST

static const char *const bad[] = {
    "",
    "1",
    "1-2",
    "1-2-",
    "-1-2",
    "1--2",
    "1-2-3-",
    "1-2-3x",
    " 1-2-3",
    "12-2-3",
    "1-+2-3",
    "1-2-18446744073709551616",
    "x-2-3",
    "1-2-3 ",
    "1-2 -3",
    "1-0x2-3",
    "99999999999999999999-1-1",
};

START_TEST(what_is_no_place_is_refused)
{
    struct wsub_place place;

    ck_assert(!wsub_place_parse(bad[_i], SHARDS, &place));
}
END_TEST

static const struct {
    const char *id, *written;
} ids[] = {
    {"5-6", "5-6"}, {"5", "5-0"}, {"-", "0-0"}, {"", "0-0"}, {"x-6", "0-0"},
};

START_TEST(an_id_alone_is_read_like_the_end_of_a_place)
{
    struct wsub_place place;

    ck_assert(wsub_place_parse_id(strchr(good[_i].text, '-') + 1, &place));
    ck_assert_uint_eq(place.shard, 0);
    ck_assert_uint_eq(place.ms, good[_i].place.ms);
    ck_assert_uint_eq(place.seq, good[_i].place.seq);
    ck_assert(!wsub_place_parse_id(good[_i].text, &place));
}
END_TEST

START_TEST(an_id_of_redis_is_a_place_of_its_shard)
{
    struct wsub_place place = wsub_place_of(3, ids[_i].id);
    char id[WSUB_PLACE_BYTES];

    ck_assert_uint_eq(place.shard, 3);
    wsub_place_id(&place, id);
    ck_assert_str_eq(id, ids[_i].written);
}
END_TEST

/* In order. */
static const struct wsub_place ordered[] = {
    {0, 9, 0}, {2, 8, 2}, {5, 8, 1}, {4, 8, 1}, {0, 8, 1}, {7, 8, 0}, {1, 1, 9},
};

START_TEST(the_newest_comes_first)
{
    const int count = COUNT(ordered);

    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            ck_assert_int_eq(wsub_place_newest_first(&ordered[i], &ordered[j]),
                             (i > j) - (i < j));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("place");

    tcase_add_loop_test(cases, a_place_is_read_and_written, 0, COUNT(good));
    tcase_add_loop_test(cases, what_is_no_place_is_refused, 0, COUNT(bad));
    tcase_add_loop_test(cases, an_id_alone_is_read_like_the_end_of_a_place, 0,
                        COUNT(good));
    tcase_add_loop_test(cases, an_id_of_redis_is_a_place_of_its_shard, 0,
                        COUNT(ids));
    tcase_add_test(cases, the_newest_comes_first);
    return suite_run("place", cases);
}
