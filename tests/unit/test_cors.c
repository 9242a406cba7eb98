/* test_cors.c - origins of pages: common/http/cors.h. */
#include "common/http/cors.h"

#include "tests/unit/suite.h"

static const struct {
    const char *text;
    bool is_list;
} lists[] = {
    {"", true},
    {"*", true},
    {" , ,", true},
    {"https://a.example", true},
    {"https://a.example,http://b:8080 , *", true},
    {"http://[::1]:80", true},
    {"**", false},
    {"null", false},
    {"a.example", false},
    {"https://a.example/", false},
    {"https://a.example?x", false},
    {"https://a.example#x", false},
    {"https://u@a.example", false},
    {"https://A.example", false},
    {"HTTPS://a.example", false},
    {"https://a.example:99999", false},
    {"https://a.example;https://b", false},
    {"ftp://a.example", false},
    {"https://", false},
    {"https://a b", false},
    {"https://a%2f", false},
};

START_TEST(a_list_has_origins_and_nothing_else)
{
    ck_assert_msg(wsub_cors_is_list(lists[_i].text) == lists[_i].is_list,
                  "'%s'", lists[_i].text);
}
END_TEST

static const struct {
    const char *list, *origin;
    bool has;
} origins[] = {
    {"", "https://a.example", false},
    {"", "", false},
    {"*", "https://a.example", true},
    {"*", "null", true},
    {"https://a.example", "https://a.example", true},
    {"http://b, https://a.example ", "https://a.example", true},
    {"https://a.example", "https://a.example:443", false},
    {"https://a.example", "https://a.example.evil", false},
    {"https://a.example.b", "https://a.example", false},
    {"https://a.example", "http://a.example", false},
    {"https://a.example", "", false},
    {"https://a.example", "null", false},
    {"http://a,http://b", "http://a,http://b", false},
};

START_TEST(an_origin_is_in_a_list_as_a_whole)
{
    ck_assert_msg(wsub_cors_has(origins[_i].list, origins[_i].origin) ==
                      origins[_i].has,
                  "'%s' in '%s'", origins[_i].origin, origins[_i].list);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("cors");

    tcase_add_loop_test(cases, a_list_has_origins_and_nothing_else, 0,
                        COUNT(lists));
    tcase_add_loop_test(cases, an_origin_is_in_a_list_as_a_whole, 0,
                        COUNT(origins));
    return suite_run("cors", cases);
}
