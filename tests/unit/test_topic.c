/* test_topic.c - what is a topic, how it is spelled, which levels it has. */
#include <stdio.h>
#include <string.h>

#include "common/store/topic.h"
#include "tests/unit/suite.h"

#define S WSUB_TOPIC_SUBSCRIBE
#define P WSUB_TOPIC_PUSH
#define A WSUB_TOPIC_ANNOUNCE

static const struct {
    enum wsub_topic_use use;
    const char *text;
    const char *normalized;
} fine[] = {
    {S, "a.b", "a.b"},
    {S, "a.b.", "a.b"},
    {S, "a.b.*", "a.b"},
    {S, "A.b-C.D_1", "a.b-c.d_1"},
    {S, "a", "a"},
    {S, "a.*", "a"},
    {S, "*", "*"},
    {S, "1.2.3.4", "1.2.3.4"},
    {P, "aa.bb.order.Created", "aa.bb.order.created"},
    {P, "a", "a"},
    {P, "http://h.example/%41", "http://h.example/A"},
    {S, "https://h.example/a.b.*", "https://h.example/a.b.*"},
    {A, "http://h.example/", "http://h.example/"},
};

static const struct {
    enum wsub_topic_use use;
    const char *text;
} bad[] = {
    {S, ""},      {S, "."},         {S, "a..b"},     {S, ".a"},
    {S, "a.b.."}, {S, "a.*.b"},     {S, "a.b*"},     {S, "*.a"},
    {S, "**"},    {S, "a.*."},      {S, "a b"},      {S, "a.b\xc3\xa9"},
    {S, ".*"},    {S, "*."},        {S, "*.*"},      {S, "a,b"},
    {P, "*"},     {P, "a.*"},       {P, "a."},       {P, "a.b.*"},
    {A, "a.b"},   {A, "*"},         {S, "ftp://h/"}, {S, "/path"},
    {S, "h:80"},  {P, "http:///x"}, {S, "a#b"},      {S, "a%41"},
};

START_TEST(a_topic_has_one_normal_spelling)
{
    struct wsub_buf normalized = {0};
    struct wsub_url url;
    const char *fault =
        wsub_topic_parse(fine[_i].text, fine[_i].use, &normalized, &url);

    ck_assert_msg(fault == NULL, "%s %s", fine[_i].text, fault);
    ck_assert_str_eq(wsub_buf_cstr(&normalized), fine[_i].normalized);
    wsub_buf_done(&normalized);
}
END_TEST

START_TEST(what_is_no_topic_is_refused_with_a_reason)
{
    struct wsub_url url;
    const char *fault = wsub_topic_parse(bad[_i].text, bad[_i].use, NULL, &url);

    ck_assert_msg(fault != NULL, "'%s' was taken", bad[_i].text);
    ck_assert_uint_gt(strlen(fault), 0);
}
END_TEST

/* Topics for subscribing that a push can't have. */
static const char *const many[] = {"*", "a.*", "a.b.*", "a.", "a.b.", "a.*.b"};

START_TEST(a_push_for_many_topics_is_told_that_it_needs_a_whole_one)
{
    struct wsub_url url;

    ck_assert_ptr_nonnull(strstr(wsub_topic_parse(many[_i], P, NULL, &url),
                                 "a push needs a whole topic"));
}
END_TEST

START_TEST(a_topic_of_2048_bytes_is_the_longest)
{
    char text[WSUB_URL_MAX_BYTES + 2];
    struct wsub_url url;

    memset(text, 'a', sizeof(text));
    text[WSUB_URL_MAX_BYTES] = '\0';
    ck_assert_ptr_null(wsub_topic_parse(text, S, NULL, &url));
    text[WSUB_URL_MAX_BYTES] = 'a';
    text[WSUB_URL_MAX_BYTES + 1] = '\0';
    ck_assert_ptr_nonnull(wsub_topic_parse(text, S, NULL, &url));
}
END_TEST

static void check_level(const char *topic, int level, const char *same_as)
{
    char got[WSUB_DIGEST_LEN + 1], expected[WSUB_DIGEST_LEN + 1];

    wsub_topic_level(topic, level, got);
    wsub_digest(same_as, strlen(same_as), expected);
    ck_assert_str_eq(got, expected);
}

START_TEST(levels_are_the_topic_without_its_last_labels)
{
    check_level("a.b.c", 0, "a.b.c");
    check_level("a.b.c", 1, "a.b");
    check_level("a.b.c", 2, "a");
    check_level("a.b.c", WSUB_LEVEL_ALL, "*");
    check_level("http://h.example/a.b", 0, "http://h.example/a.b");
    ck_assert_int_eq(wsub_topic_levels("a.b.c"), 3);
    ck_assert_int_eq(wsub_topic_levels("a"), 1);
    ck_assert_int_eq(wsub_topic_levels("hub.alerts"), 1);
    ck_assert_int_eq(wsub_topic_levels("hub.other"), 2);
    ck_assert_int_eq(wsub_topic_levels("http://h.example/a.b"), 1);
}
END_TEST

START_TEST(the_way_up_ends_at_the_star)
{
    int level = 0;

    ck_assert(wsub_topic_next_level("a.b", &level));
    ck_assert_int_eq(level, 1);
    ck_assert(wsub_topic_next_level("a.b", &level));
    ck_assert_int_eq(level, WSUB_LEVEL_ALL);
    ck_assert(!wsub_topic_next_level("a.b", &level));
    level = 0;
    ck_assert(!wsub_topic_next_level("http://h.example/a", &level));
    ck_assert(!wsub_topic_next_level("hub.alerts", &level));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("topic");

    tcase_add_loop_test(cases, a_topic_has_one_normal_spelling, 0, COUNT(fine));
    tcase_add_loop_test(cases, what_is_no_topic_is_refused_with_a_reason, 0,
                        COUNT(bad));
    tcase_add_loop_test(
        cases, a_push_for_many_topics_is_told_that_it_needs_a_whole_one, 0,
        COUNT(many));
    tcase_add_test(cases, a_topic_of_2048_bytes_is_the_longest);
    tcase_add_test(cases, levels_are_the_topic_without_its_last_labels);
    tcase_add_test(cases, the_way_up_ends_at_the_star);
    return suite_run("topic", cases);
}
