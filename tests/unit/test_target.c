/* test_target.c - URLs taken apart, and how long they are kept. */
#include "common/http/target.h"
#include "tests/unit/suite.h"

#define MAX 2

static struct wsub_http_targets *targets;

static void set_up(void)
{
    targets = wsub_http_targets_new(MAX);
}

static void tear_down(void)
{
    wsub_http_targets_free(targets);
}

static const struct {
    const char *url, *host, *port;
    bool is_literal;
} parts[] = {
    {"http://a.example/cb?q=1", "a.example", "80", false},
    {"https://A.Example:8443", "a.example", "8443", false},
    {"https://a.example./", "a.example.", "443", false},
    {"http://localhost:1/", "localhost", "1", false},
    {"http://1.2.3.4.example/", "1.2.3.4.example", "80", false},
    {"http://127.0.0.1:80/", "127.0.0.1", "80", true},
    {"http://127.1/", "127.0.0.1", "80", true},
    {"http://0x7f.1/", "127.0.0.1", "80", true},
    {"http://2130706433/", "127.0.0.1", "80", true},
    {"http://0177.0.0.1/", "127.0.0.1", "80", true},
    {"http://[::1]:81/", "[::1]", "81", true},
    {"http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]", "80", true},
};

START_TEST(host_and_port_are_found)
{
    struct wsub_http_target *target =
        wsub_http_target_get(targets, parts[_i].url);

    ck_assert_ptr_nonnull(target);
    ck_assert_str_eq(target->host, parts[_i].host);
    ck_assert_str_eq(target->port, parts[_i].port);
    ck_assert(target->is_literal == parts[_i].is_literal);
    ck_assert((target->sessions != NULL) == (parts[_i].url[4] == 's'));
    wsub_http_target_put(targets, target);
}
END_TEST

static const char *const broken[] = {"", "a.example", "http://", "http://a:x/",
                                     "http://[::1/"};

START_TEST(what_is_no_url_has_no_target)
{
    ck_assert_ptr_null(wsub_http_target_get(targets, broken[_i]));
}
END_TEST

/* Gets and gives back; true when it was kept from an earlier time. */
static bool was_kept(const char *url, const struct wsub_http_target *earlier)
{
    struct wsub_http_target *target = wsub_http_target_get(targets, url);

    wsub_http_target_put(targets, target);
    return target == earlier;
}

START_TEST(one_url_is_one_target)
{
    struct wsub_http_target *a = wsub_http_target_get(targets, "http://a/");
    struct wsub_http_target *b = wsub_http_target_get(targets, "http://a/b");

    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_eq(wsub_http_target_get(targets, "http://a/"), a);
    wsub_http_target_put(targets, a);
    wsub_http_target_put(targets, b);
    wsub_http_target_put(targets, a);
    ck_assert(was_kept("http://a/", a));
    ck_assert(was_kept("http://a/b", b));
}
END_TEST

START_TEST(what_is_in_use_stays)
{
    struct wsub_http_target *held = wsub_http_target_get(targets, "http://a/");

    was_kept("http://b/", NULL);
    was_kept("http://c/", NULL);
    was_kept("http://d/", NULL);
    ck_assert(was_kept("http://a/", held));
    ck_assert_str_eq(held->host, "a");
    wsub_http_target_put(targets, held);
}
END_TEST

START_TEST(targets_of_a_host_share_its_sessions)
{
    struct wsub_http_target *a = wsub_http_target_get(targets, "https://a/1");
    struct wsub_http_target *same =
        wsub_http_target_get(targets, "https://A/2");
    struct wsub_http_target *other =
        wsub_http_target_get(targets, "https://a:444/1");

    ck_assert_ptr_eq(a->sessions, same->sessions);
    ck_assert_ptr_ne(a->sessions, other->sessions);
    wsub_http_target_put(targets, a);
    wsub_http_target_put(targets, same);
    wsub_http_target_put(targets, other);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("target");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, host_and_port_are_found, 0, COUNT(parts));
    tcase_add_loop_test(cases, what_is_no_url_has_no_target, 0, COUNT(broken));
    tcase_add_test(cases, one_url_is_one_target);
    tcase_add_test(cases, what_is_in_use_stays);
    tcase_add_test(cases, targets_of_a_host_share_its_sessions);
    return suite_run("target", cases);
}
