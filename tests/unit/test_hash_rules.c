#include "common/http/hash_rules.h"

#include "common/base/buf.h"
#include "tests/unit/suite.h"

#define OLD "*.old.example=sha1, *=sha512"

static const struct {
    const char *text, *callback;
    enum wsub_hash hash;
} fine[] = {
    {"sha256", "http://a.example/", WSUB_HASH_SHA256},
    {"sha1", "http://a.example/", WSUB_HASH_SHA1},
    {"*=sha384", "http://a.example/", WSUB_HASH_SHA384},
    {"b.example=sha1", "http://a.example/", WSUB_HASH_SHA256},
    {OLD, "http://a.old.example/", WSUB_HASH_SHA1},
    {OLD, "https://A.B.Old.Example:8080/x?y", WSUB_HASH_SHA1},
    {OLD, "https://a.old.example./", WSUB_HASH_SHA1},
    {OLD, "http://old.example/", WSUB_HASH_SHA512},
    {OLD, "http://a.old.example.evil/", WSUB_HASH_SHA512},
    {OLD, "http://a.example/x.old.example", WSUB_HASH_SHA512},
    {"*=sha1, a.example=sha512", "http://a.example/", WSUB_HASH_SHA1},
    {"a.example:8080=sha1", "http://a.example:8080/", WSUB_HASH_SHA1},
    {"a.example:8080=sha1", "http://a.example/", WSUB_HASH_SHA256},
    {"a.example:80=sha1", "http://a.example/", WSUB_HASH_SHA1},
    {"a.example:443=sha1", "https://a.example/", WSUB_HASH_SHA1},
    {"[2001:db8::1]=sha1", "http://[2001:DB8::1]:1/", WSUB_HASH_SHA1},
    {"192.0.2.*=sha1", "http://192.0.2.7/", WSUB_HASH_SHA1},
    {"https://a.example/=sha1", "https://a.example", WSUB_HASH_SHA1},
    {"https://a.example/=sha1", "http://a.example/", WSUB_HASH_SHA256},
    {"*://a.example/cb/*=sha1", "http://a.example/cb/1", WSUB_HASH_SHA1},
    {"http://a.example/?a=b=sha1", "http://a.example/?a=b", WSUB_HASH_SHA1},
    {"a.example = sha1 ,\t*=sha384", "http://a.example/", WSUB_HASH_SHA1},
    {"a.example=sha1, sha384", "http://b.example/", WSUB_HASH_SHA384},
    {"a.example=sha1,", "http://a.example/", WSUB_HASH_SHA1},
};

START_TEST(the_first_rule_that_matches_counts)
{
    struct wsub_hash_rules rules;

    ck_assert(wsub_hash_rules_parse(fine[_i].text, &rules));
    ck_assert_msg(wsub_hash_rules_choose(&rules, fine[_i].callback) ==
                      fine[_i].hash,
                  "'%s' for %s", fine[_i].text, fine[_i].callback);
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    ",",
    "md5",
    "*=md5",
    "*=",
    "=sha1",
    "SHA1",
    "a sha1",
    "sha256 sha1",
    "a=sha1,,b=sha1",
    "sha1;sha256",
    "a=sha1 b=sha2",
};

START_TEST(what_is_no_list_of_rules_is_refused)
{
    struct wsub_hash_rules rules;

    ck_assert_msg(!wsub_hash_rules_parse(bad[_i], &rules), "'%s'", bad[_i]);
}
END_TEST

START_TEST(there_are_at_most_a_hundred)
{
    struct wsub_hash_rules rules;
    struct wsub_buf text = {0};

    for (int i = 0; i < WSUB_HASH_RULES_MAX; i++)
        wsub_buf_printf(&text, "%d.example=sha1,", i);
    ck_assert(wsub_hash_rules_parse(text.data, &rules));
    ck_assert_int_eq(wsub_hash_rules_choose(&rules, "http://99.example/"),
                     WSUB_HASH_SHA1);
    wsub_buf_str(&text, "*=sha1");
    ck_assert(!wsub_hash_rules_parse(text.data, &rules));
    wsub_buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("hash_rules");

    tcase_add_loop_test(cases, the_first_rule_that_matches_counts, 0,
                        COUNT(fine));
    tcase_add_loop_test(cases, what_is_no_list_of_rules_is_refused, 0,
                        COUNT(bad));
    tcase_add_test(cases, there_are_at_most_a_hundred);
    return suite_run("hash_rules", cases);
}
