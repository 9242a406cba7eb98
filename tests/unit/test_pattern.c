#include "common/base/pattern.h"

#include <string.h>

#include "tests/unit/suite.h"

static const struct {
    const char *patterns;
    const char *subject;
    bool matches;
} rows[] = {
    {"", "a", false},
    {"", "", false},
    {"a", "a", true},
    {"a", "b", false},
    {"a", "ab", false},
    {"ab", "a", false},
    {"A", "a", false},
    {"*", "", true},
    {"*", "anything", true},
    {"**", "anything", true},
    {"a*", "a", true},
    {"a*", "abc", true},
    {"a*", "ba", false},
    {"*a", "a", true},
    {"*a", "bca", true},
    {"*a", "ab", false},
    {"*a*", "bab", true},
    {"*a*", "bcb", false},
    {"a*a", "a", false},
    {"a*a", "aa", true},
    {"a*a", "aba", true},
    {"ab*ba", "aba", false},
    {"ab*ba", "abba", true},
    {"a*b*c", "axxbxxc", true},
    {"a*b*c", "axxcxxb", false},
    {"*ab*ab", "ab", false},
    {"*ab*ab", "abab", true},
    {"*aab*", "aaab", true},
    {"?", "a", false},
    {"[ab]", "a", false},
    {"a.c", "abc", false},
    {"http://a.example/*", "http://a.example/", true},
    {"http://a.example/*", "http://a.example.evil/", false},
    {"http://*.example/*", "http://a.b.example/x", true},
    {"x,a", "a", true},
    {"a,x", "a", true},
    {"x, a ,y", "a", true},
    {"\ta\t", "a", true},
    {"x,,y", "", false},
    {",", "", false},
    {" , ", "", false},
    {"x,y*", "yes", true},
    {"x*,y", "yes", false},
    {"a b", "a b", true},
};

START_TEST(a_list_matches_what_one_of_its_patterns_does)
{
    ck_assert_msg(wsub_patterns_match(rows[_i].patterns, rows[_i].subject) ==
                      rows[_i].matches,
                  "'%s' on '%s'", rows[_i].patterns, rows[_i].subject);
}
END_TEST

/* A matcher that goes back takes for ever with these. */
START_TEST(many_wildcards_on_a_long_subject_are_looked_at_once)
{
    char pattern[4001], subject[2001];

    for (size_t i = 0; i < sizeof(pattern) - 1; i++)
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    pattern[sizeof(pattern) - 1] = '\0';
    memset(subject, 'a', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    ck_assert(wsub_patterns_match(pattern, subject));
    subject[sizeof(subject) - 2] = 'b';
    ck_assert(!wsub_patterns_match(pattern, subject));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pattern");

    tcase_add_loop_test(cases, a_list_matches_what_one_of_its_patterns_does, 0,
                        COUNT(rows));
    tcase_add_test(cases, many_wildcards_on_a_long_subject_are_looked_at_once);
    return suite_run("pattern", cases);
}
