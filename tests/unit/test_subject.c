#include "common/http/subject.h"

#include <stdlib.h>

#include "tests/unit/suite.h"

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
    {"http://[2001:db8:0:0::1]/", "http://[2001:db8::1]/"},
    {"http://[2001:0db8:0::0001]/", "http://[2001:db8::1]/"},
    {"http://[2001:db8::0.0.0.1]/", "http://[2001:db8::1]/"},
    {"http://[::ffff:8.8.4.4]:81/", "http://8.8.4.4:81/"},
    {"http://[0:0:0:0:0:FFFF:0808:0404]/", "http://8.8.4.4/"},
    {"http://a.example/http://B:80/", "http://a.example/http://B:80/"},
    {"a.b.c", "a.b.c"},
    {"*", "*"},
};

START_TEST(a_list_sees_one_spelling_of_a_host)
{
    struct wsub_buf subject = {0};

    wsub_subject(subjects[_i].url, &subject);
    ck_assert_str_eq(wsub_buf_cstr(&subject), subjects[_i].subject);
    wsub_buf_done(&subject);
}
END_TEST

static const struct {
    const char *given, *patterns;
} lists[] = {
    {"", ""},
    {"*", "*"},
    {"http://[2001:DB8:0:0::1]/*", "http://[2001:db8::1]/*"},
    {"[2001:db8:0:0::1]", "[2001:db8::1]"},
    {" *://[2001:db8:0:0::1]:8080/* ,, a.example, http://[::FFFF:1.2.3.4]*",
     " *://[2001:db8::1]:8080/* ,, a.example, http://1.2.3.4*"},
    {"http://[2001:db8:*/*", "http://[2001:db8:*/*"},
    {"http://[2001:db8:0:*]/*", "http://[2001:db8:0:*]/*"},
    {"http://a.example/[2001:db8:0:0::1]",
     "http://a.example/[2001:db8:0:0::1]"},
    {"http://[", "http://["},
    {"[]", "[]"},
};

START_TEST(a_pattern_may_spell_an_address_in_any_way)
{
    char *patterns = wsub_subject_patterns(lists[_i].given);

    ck_assert_str_eq(patterns, lists[_i].patterns);
    free(patterns);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("subject");

    tcase_add_loop_test(cases, a_list_sees_one_spelling_of_a_host, 0,
                        COUNT(subjects));
    tcase_add_loop_test(cases, a_pattern_may_spell_an_address_in_any_way, 0,
                        COUNT(lists));
    return suite_run("subject", cases);
}
