/* Host and port as requests name them: RFC 9110 section 7.2, RFC 3986
 * section 3.2. */
#include "common/http/authority.h"

#include <check.h>
#include <string.h>

#include "tests/unit/suite.h"

static const char *const good[] = {
    "a",
    "hub.example",
    "HUB.example",
    "hub.example:",
    "hub.example:0",
    "hub.example:80",
    "hub.example:00080",
    "hub.example:65535",
    "hub_1.example",
    "127.0.0.1",
    "127.0.0.1:8080",
    "999.1.2.3", /* a name */
    "[::1]",
    "[::1]:",
    "[::1]:8080",
    "[2001:db8::192.0.2.1]:1",
    "[FE80::1]",
    "a%20b",
    "%c3%A4.example",
    "xn--4ca.example.:1",
    "-",
    "~!$&'()*+,;=",
};

static const char *const bad[] = {
    "",
    ":",
    ":80",
    "a:b",
    "a:b:c",
    "a:80:80",
    "a:65536",
    "a:99999999",
    "a:4294967376",
    "a:18446744073709551696",
    "a:-1",
    "a:+1",
    "a: 80",
    "a:80 ",
    "a:8a",
    "h:port",
    "::1",
    "::",
    "2001:db8::1",
    "[::1",
    "::1]",
    "[]",
    "[]:80",
    "[:]",
    "[::1]x",
    "[::1]80",
    "[::1]:x",
    "[::1]:65536",
    "[[::1]]",
    "[::1%25eth0]",
    "[fe80::1%eth0]",
    "[v1.a]",
    "[127.0.0.1]",
    "[1:2:3:4:5:6:7:8:9]",
    "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
    "%",
    "%4",
    "%zz",
    "a%g0",
    "a%0g",
    "a%2",
    "a b",
    "a\tb",
    "a/b",
    "a?b",
    "a#b",
    "a\\b",
    "a@b",
    "@b",
    "u:p@b",
    "a[b",
    "a]b",
    "a<b>",
    "a\"b",
    "a^b",
    "a`b",
    "a{b}",
    "a|b",
    "\xc3\xa4",
    "a\x7f",
};

static bool is(const char *text)
{
    return wsub_http_is_authority(text, strlen(text));
}

START_TEST(a_good_one_is_taken)
{
    ck_assert_msg(is(good[_i]), "%s", good[_i]);
}
END_TEST

START_TEST(a_bad_one_is_refused)
{
    ck_assert_msg(!is(bad[_i]), "%s", bad[_i]);
}
END_TEST

START_TEST(a_zero_byte_is_none_of_it)
{
    ck_assert(!wsub_http_is_authority("a\0b", 3));
    ck_assert(!wsub_http_is_authority("a:1\0", 4));
    ck_assert(!wsub_http_is_authority("[::1\0]", 6));
}
END_TEST

START_TEST(only_the_bytes_given_are_looked_at)
{
    ck_assert(wsub_http_is_authority("a:80:80", 4));
    ck_assert(!wsub_http_is_authority("[::1]", 4));
    ck_assert(!wsub_http_is_authority("%20", 2));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_authority");

    tcase_add_loop_test(tcase, a_good_one_is_taken, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tcase, a_bad_one_is_refused, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, a_zero_byte_is_none_of_it);
    tcase_add_test(tcase, only_the_bytes_given_are_looked_at);
    return suite_run("http_authority", tcase);
}
