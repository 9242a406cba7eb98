/* test_layouts.c - where things go in another number of shards. */
#include "common/reshard/layouts.h"

#include <stdio.h>

#include "common/store/topic.h"
#include "tests/unit/suite.h"

#define TOPICS 200
#define CALLBACK_ID "aEiIwOuxfzdCmLZe4oB1Jg" /* any digest */

static const struct wsub_layouts pairs[] = {
    {4, 7}, {7, 2}, {2, 4}, {8, 12}, {6, 4}, {1, 5}, {5, 1}, {96, 36},
};

START_TEST(a_topic_goes_to_a_shard_that_its_old_one_feeds)
{
    const struct wsub_layouts *layouts = &pairs[_i];
    char topic[32];

    for (int n = 0; n < TOPICS; n++) {
        struct wsub_targets targets;
        unsigned old;

        snprintf(topic, sizeof(topic), "t%s%d.below",
                 n % 2 ? "http://a.example/" : "topic-", n);
        old = wsub_topic_shard_of(topic + 1, layouts->from);
        topic[0] = 't';
        ck_assert(wsub_layouts_place(layouts, old, topic, &targets));
        ck_assert_uint_eq(targets.count, 1);
        ck_assert_uint_eq(targets.first,
                          wsub_topic_shard_of(topic + 1, layouts->to));
        ck_assert(wsub_layouts_feeds(layouts, old, targets.first));
    }
}
END_TEST

START_TEST(each_new_shard_is_fed_by_factor_old_ones_with_different_parts)
{
    const struct wsub_layouts *layouts = &pairs[_i];
    unsigned factor = wsub_layouts_factor(layouts);

    for (unsigned to = 0; to < layouts->to; to++) {
        unsigned parts = 0;

        for (unsigned from = 0; from < layouts->from; from++) {
            if (!wsub_layouts_feeds(layouts, from, to))
                continue;
            ck_assert_uint_eq(wsub_layouts_part(layouts, from), parts);
            parts++;
        }
        ck_assert_uint_eq(parts, factor);
    }
}
END_TEST

START_TEST(all_that_a_shard_feeds_are_those_that_it_feeds)
{
    const struct wsub_layouts *layouts = &pairs[_i];

    for (unsigned from = 0; from < layouts->from; from++) {
        struct wsub_targets all;
        unsigned fed = 0;

        for (unsigned to = 0; to < layouts->to; to++)
            fed += wsub_layouts_feeds(layouts, from, to);
        ck_assert(wsub_layouts_place(layouts, from, "a", &all));
        ck_assert_uint_eq(all.count, fed);
        for (unsigned n = 0; n < all.count; n++)
            ck_assert(
                wsub_layouts_feeds(layouts, from, all.first + n * all.step));
        ck_assert(wsub_layouts_place(layouts, from, "e", &all));
        ck_assert_uint_eq(all.count, layouts->to);
        ck_assert(wsub_layouts_place(layouts, from, "o", &all));
        ck_assert_uint_eq(all.count, 1);
        ck_assert(wsub_layouts_feeds(layouts, from, all.first));
    }
}
END_TEST

START_TEST(a_layout_that_only_splits_translates_no_id)
{
    ck_assert_uint_eq(wsub_layouts_factor(&(struct wsub_layouts){4, 8}), 1);
    ck_assert_uint_eq(wsub_layouts_factor(&(struct wsub_layouts){8, 4}), 2);
    ck_assert_uint_eq(wsub_layouts_factor(&(struct wsub_layouts){4, 7}), 4);
}
END_TEST

static const char *const no_places[] = {"", "x", "dshort", "d" CALLBACK_ID "A"};

START_TEST(what_is_no_place_is_refused)
{
    struct wsub_targets targets;

    ck_assert(!wsub_layouts_place(&pairs[0], 0, no_places[_i], &targets));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("layouts");

    tcase_add_loop_test(cases, a_topic_goes_to_a_shard_that_its_old_one_feeds,
                        0, COUNT(pairs));
    tcase_add_loop_test(
        cases, each_new_shard_is_fed_by_factor_old_ones_with_different_parts, 0,
        COUNT(pairs));
    tcase_add_loop_test(cases, all_that_a_shard_feeds_are_those_that_it_feeds,
                        0, COUNT(pairs));
    tcase_add_test(cases, a_layout_that_only_splits_translates_no_id);
    tcase_add_loop_test(cases, what_is_no_place_is_refused, 0,
                        COUNT(no_places));
    return suite_run("layouts", cases);
}
