#include "hub/policy.h"

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
    ck_assert_msg(hub_policy_matches(rows[_i].patterns, rows[_i].subject) ==
                      rows[_i].matches,
                  "'%s' on '%s'", rows[_i].patterns, rows[_i].subject);
}
END_TEST

/* A matcher that goes back takes for ever with these. */
START_TEST(many_stars_on_a_long_subject_are_looked_at_once)
{
    char pattern[4001], subject[2001];

    for (size_t i = 0; i < sizeof(pattern) - 1; i++)
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    pattern[sizeof(pattern) - 1] = '\0';
    memset(subject, 'a', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    ck_assert(hub_policy_matches(pattern, subject));
    subject[sizeof(subject) - 2] = 'b';
    ck_assert(!hub_policy_matches(pattern, subject));
}
END_TEST

static const struct {
    const char *url;
    const char *subject;
} subjects[] = {
    {"http://a.example/x?y", "http://a.example/x?y"},
    {"HTTP://A.Example/X", "http://a.example/X"},
    {"http://a.example", "http://a.example/"},
    {"http://a.example?x", "http://a.example/?x"},
    {"http://a.example:80/x", "http://a.example/x"},
    {"http://a.example:/x", "http://a.example/x"},
    {"https://a.example:443/x", "https://a.example/x"},
    {"http://a.example:443/x", "http://a.example:443/x"},
    {"http://a.example:0080/x", "http://a.example/x"},
    {"http://a.example./x", "http://a.example/x"},
    {"http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"},
    {"http://a.example/http://B:80/", "http://a.example/http://B:80/"},
    {"a.b.c", "a.b.c"},
    {"*", "*"},
};

START_TEST(a_list_sees_one_spelling_of_a_host)
{
    struct wsub_buf subject = {0};

    hub_policy_subject(subjects[_i].url, &subject);
    ck_assert_str_eq(wsub_buf_cstr(&subject), subjects[_i].subject);
    wsub_buf_done(&subject);
}
END_TEST

static char ours[] = "http://ours.example/*", secret[] = "*secret*",
            good[] = "https://*", bad[] = "https://bad.example/*", none[] = "";

static const struct {
    char *topic_allow, *topic_deny, *callback_allow, *callback_deny;
    const char *topic, *callback;
    const char *denied; /* a word of the reason; NULL: it is served */
} policies[] = {
    {none, none, none, none, "http://t.example/", "http://c.example/", NULL},
    {ours, none, none, none, "http://ours.example/a", "http://c.example/",
     NULL},
    {ours, none, none, none, "http://t.example/", "http://c.example/", "topic"},
    {none, secret, none, none, "http://t.example/secret", "http://c.example/",
     "topic"},
    {ours, secret, none, none, "http://ours.example/secret",
     "http://c.example/", "topic"},
    {none, none, good, none, "http://t.example/", "https://c.example/", NULL},
    {none, none, good, none, "http://t.example/", "http://c.example/",
     "callback"},
    {none, none, good, bad, "http://t.example/", "https://c.example/", NULL},
    {none, none, good, bad, "http://t.example/", "https://BAD.example:443",
     "callback"},
    {ours, none, good, none, "http://t.example/", "http://c.example/", "topic"},
};

START_TEST(deny_lists_win_over_allow_lists)
{
    struct wsub_config config = {.topic_allow = policies[_i].topic_allow,
                                 .topic_deny = policies[_i].topic_deny,
                                 .callback_allow = policies[_i].callback_allow,
                                 .callback_deny = policies[_i].callback_deny};
    const char *reason =
        hub_policy_denial(&config, policies[_i].topic, policies[_i].callback);

    if (policies[_i].denied == NULL)
        ck_assert_ptr_null(reason);
    else
        ck_assert_ptr_nonnull(strstr(reason, policies[_i].denied));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("policy");

    tcase_add_loop_test(cases, a_list_matches_what_one_of_its_patterns_does, 0,
                        COUNT(rows));
    tcase_add_test(cases, many_stars_on_a_long_subject_are_looked_at_once);
    tcase_add_loop_test(cases, a_list_sees_one_spelling_of_a_host, 0,
                        COUNT(subjects));
    tcase_add_loop_test(cases, deny_lists_win_over_allow_lists, 0,
                        COUNT(policies));
    return suite_run("policy", cases);
}
