#include "common/http/accept.h"

#include "tests/unit/suite.h"

static const struct {
    const char *accept;
    bool json;
} headers[] = {
    {NULL, false},
    {"", false},
    {"*/*", false},
    {"*/*;q=0.5", false},
    {"text/plain", false},
    {"text/*", false},
    {"image/png", false},
    {"application/json", true},
    {"Application/JSON", true},
    {"application/json; charset=utf-8", true},
    {"application/json;q=0.001", true},
    {"application/json;q=0", false},
    {"application/json;q=0.000", false},
    {"application/*", true},
    {"application/jsonx", false},
    {"application/jso", false},
    {"application", false},
    {"application/json, */*", true},
    {"*/*, application/json", true},
    {"application/*, */*", true},
    {"application/json, text/plain, */*", false},
    {"application/json, text/html", false},
    {"application/json, text/*", true},
    {"text/html, application/json;q=0.9, */*;q=0.8", false},
    {"text/html;q=0.8, application/json;q=0.9", true},
    {"text/plain;q=0.9, application/json;q=0.9", false},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
    {"application/json;q=0.5, */*", false},
    {"application/json;q=0.5, */*;q=0.4", true},
    {"application/json;q=0, */*", false},
    {"application/*;q=0.9, application/json;q=0.1, text/html;q=0.5", false},
    {"application/*;q=0.1, application/json;q=0.9, text/html;q=0.5", true},
    {"*/*;q=0.1, text/*;q=0, application/json;q=0.05", true},
    {"text/*;q=0, */*", true},
    {"application/json;q=0.2, application/json;q=0.9, text/plain;q=0.5", true},
    {"application/json;q=1.000, text/plain;q=0.999", true},
    {"application/json;q=1.001", false},
    {"application/json;q=2", false},
    {"application/json;q=", false},
    {"application/json;q=x", false},
    {"application/json;q=0.1234", false},
    {"application/json;q=-1", false},
    {"application/json ; q=0.3 , text/plain;q=0.2", true},
    {"application/json\t;\tQ=0.3", true},
    {"application/json;a=\"x,text/plain;q=1\";q=0.3, text/html;q=0.2", true},
    {"application/json;a=\"\\\"\";q=0.3, text/html;q=0.4", false},
    {"application/json;a=\"unclosed", true},
    {",,, application/json ,,", true},
    {";q=1, application/json", true},
    {"application/problem+json", false},
};

START_TEST(json_is_for_those_who_prefer_it)
{
    ck_assert_msg(wsub_accept_prefers_json(headers[_i].accept) ==
                      headers[_i].json,
                  "Accept: %s", headers[_i].accept);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("accept");

    tcase_add_loop_test(cases, json_is_for_those_who_prefer_it, 0,
                        COUNT(headers));
    return suite_run("accept", cases);
}
