/* test_origin.c - origins of URLs, and how long they are kept. */
#include "common/http/origin.h"
#include "tests/unit/suite.h"

#define MAX 2

static struct wsub_http_origins *origins;
static const char *rest; /* of the last URL */

static void set_up(void)
{
    origins = wsub_http_origins_new(MAX);
}

static void tear_down(void)
{
    wsub_http_origins_free(origins);
}

static struct wsub_http_origin *get(const char *url)
{
    return wsub_http_origin_get(origins, url, &rest);
}

static const struct {
    const char *url, *host, *port, *rest;
    bool is_literal;
} parts[] = {
    {"http://a.example/cb?q=1", "a.example", "80", "/cb?q=1", false},
    {"https://A.Example:8443", "a.example", "8443", "", false},
    {"https://a.example./", "a.example.", "443", "/", false},
    {"http://a.example?q=/", "a.example", "80", "?q=/", false},
    {"http://a.example/a/../b//./c?%2f%2F%41\xc3", "a.example", "80",
     "/a/../b//./c?%2f%2F%41\xc3", false},
    {"http://localhost:1/", "localhost", "1", "/", false},
    {"http://1.2.3.4.example/", "1.2.3.4.example", "80", "/", false},
    {"http://127.0.0.1:80/", "127.0.0.1", "80", "/", true},
    {"http://127.1/", "127.0.0.1", "80", "/", true},
    {"http://0x7f.1/", "127.0.0.1", "80", "/", true},
    {"http://2130706433/", "127.0.0.1", "80", "/", true},
    {"http://0177.0.0.1/", "127.0.0.1", "80", "/", true},
    {"http://[::1]:81/", "[::1]", "81", "/", true},
    {"http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]", "80", "/", true},
};

START_TEST(a_url_is_taken_apart)
{
    struct wsub_http_origin *origin = get(parts[_i].url);

    ck_assert_ptr_nonnull(origin);
    ck_assert_str_eq(origin->host, parts[_i].host);
    ck_assert_str_eq(origin->port, parts[_i].port);
    ck_assert_str_eq(rest, parts[_i].rest);
    ck_assert(origin->is_literal == parts[_i].is_literal);
    ck_assert(origin->is_https == (parts[_i].url[4] == 's'));
    wsub_http_origin_put(origins, origin);
}
END_TEST

static const char *const broken[] = {
    "",
    "a.example",
    "ftp://a.example/",
    "http:/a/b://c/",
    "//a.example/",
    "http://",
    "http:///path",
    "http://a:x/",
    "http://[::1/",
    "http://a b/",
    "http://a/\r\nHost: b",
    "http://a/ HTTP/1.1",
    "http://a/\x7f",
    "http://a/\t",
    "http://a?\n",
    "http://a/#fragment",
    "http://a#fragment",
};

START_TEST(what_can_not_be_requested_has_no_origin)
{
    ck_assert_ptr_null(get(broken[_i]));
}
END_TEST

/* Gets and gives back; true when it was kept from an earlier time. */
static bool was_kept(const char *url, const struct wsub_http_origin *earlier)
{
    struct wsub_http_origin *origin = get(url);

    wsub_http_origin_put(origins, origin);
    return origin == earlier;
}

START_TEST(all_urls_of_an_origin_share_it)
{
    struct wsub_http_origin *a = get("http://a/");
    struct wsub_http_origin *other = get("http://a:81/");

    ck_assert_ptr_ne(a, other);
    ck_assert_ptr_eq(get("http://a/b?c"), a);
    wsub_http_origin_put(origins, a);
    wsub_http_origin_put(origins, other);
    wsub_http_origin_put(origins, a);
    ck_assert(was_kept("http://a", a));
    ck_assert(was_kept("http://a:81/b", other));
}
END_TEST

START_TEST(what_is_in_use_stays)
{
    struct wsub_http_origin *held = get("http://a/");

    was_kept("http://b/", NULL);
    was_kept("http://c/", NULL);
    was_kept("http://d/", NULL);
    ck_assert(was_kept("http://a/", held));
    ck_assert_str_eq(held->host, "a");
    wsub_http_origin_put(origins, held);
}
END_TEST

START_TEST(https_origins_have_tls_sessions_of_their_own)
{
    struct wsub_http_origin *a = get("https://a/1");
    struct wsub_http_origin *other = get("https://a:444/1");
    struct wsub_http_origin *plain = get("HTTP://a/1");
    struct wsub_http_origin *other_plain = get("http://b/1");

    ck_assert_ptr_nonnull(a->sessions);
    ck_assert_ptr_ne(a->sessions, other->sessions);
    ck_assert_ptr_nonnull(plain->sessions);
    ck_assert_ptr_ne(a->sessions, plain->sessions);
    ck_assert_ptr_eq(plain->sessions, other_plain->sessions);
    wsub_http_origin_put(origins, a);
    wsub_http_origin_put(origins, other);
    wsub_http_origin_put(origins, plain);
    wsub_http_origin_put(origins, other_plain);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("origin");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, a_url_is_taken_apart, 0, COUNT(parts));
    tcase_add_loop_test(cases, what_can_not_be_requested_has_no_origin, 0,
                        COUNT(broken));
    tcase_add_test(cases, all_urls_of_an_origin_share_it);
    tcase_add_test(cases, what_is_in_use_stays);
    tcase_add_test(cases, https_origins_have_tls_sessions_of_their_own);
    return suite_run("origin", cases);
}
