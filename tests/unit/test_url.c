/* test_url.c - which URLs count, and how they are spelled. */
#include <stdio.h>
#include <string.h>

#include "common/http/url.h"
#include "tests/unit/suite.h"

#define LABEL63                                                                \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME253                                                                \
    LABEL63 "." LABEL63 "." LABEL63 "."                                        \
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *text;
    const char *host;
    unsigned port;
    bool https;
    const char *normalized; /* NULL: as the text */
} fine[] = {
    {"http://example.com", "example.com", 80, false, NULL},
    {"https://example.com/", "example.com", 443, true, NULL},
    {"HTTPS://Example.COM/Path", "example.com", 443, true, NULL},
    {"http://example.com:8080/a?b=c", "example.com", 8080, false, NULL},
    {"http://example.com:65535", "example.com", 65535, false, NULL},
    {"http://example.com:1", "example.com", 1, false, NULL},
    {"http://example.com:00000080/", "example.com", 80, false, NULL},
    {"http://example.com:/", "example.com", 80, false, NULL},
    {"https://example.com?q", "example.com", 443, true, NULL},
    {"http://example.com./", "example.com.", 80, false, NULL},
    {"http://a_b.example/", "a_b.example", 80, false, NULL},
    {"http://redis", "redis", 80, false, NULL},
    {"http://1.example/", "1.example", 80, false, NULL},
    {"http://0x7f.example/", "0x7f.example", 80, false, NULL},
    {"http://4chan/", "4chan", 80, false, NULL},
    {"http://0xyz/", "0xyz", 80, false, NULL},
    {"http://127.0.0.1:80/", "127.0.0.1", 80, false, NULL},
    {"http://255.255.255.255/", "255.255.255.255", 80, false, NULL},
    {"http://[::1]:81/", "::1", 81, false, NULL},
    {"http://[2001:DB8::A]/", "2001:db8::a", 80, false, NULL},
    {"https://[::ffff:127.0.0.1]", "::ffff:127.0.0.1", 443, true, NULL},
    {"http://[::1]:/x", "::1", 80, false, NULL},
    {"http://" NAME253, NAME253, 80, false, NULL},
    {"http://" NAME253 "./", NAME253 ".", 80, false, NULL},
    {"http://h/%41%7a%30%2D%2e%5F%7E", "h", 80, false, "http://h/Az0-._~"},
    {"http://h/%2f%2F%20%C3%a9%25", "h", 80, false, NULL},
    {"http://h/?a=%2541&b=%25%34%31", "h", 80, false,
     "http://h/?a=%2541&b=%2541"},
    {"http://h/?x=1&x=2&&y=[a]+b;c", "h", 80, false, NULL},
    {"http://h/a//b/../c/./d", "h", 80, false, NULL},
    {"http://h/@:?@:/?", "h", 80, false, NULL},
    {"http://%65xample.com/", "example.com", 80, false, "http://example.com/"},
    {"http://%31%32%37.0.0%2E1/", "127.0.0.1", 80, false, "http://127.0.0.1/"},
    {"http://h:%38%30/", "h", 80, false, "http://h:80/"},
    {"http://h?u=http://x:y@z/", "h", 80, false, NULL},
};

START_TEST(a_fine_url_is_taken_apart_and_normalized)
{
    const char *normalized =
        fine[_i].normalized ? fine[_i].normalized : fine[_i].text;
    struct wsub_buf out = {0};
    struct wsub_url url;

    wsub_buf_str(&out, "<");
    ck_assert_int_eq(wsub_url_parse(fine[_i].text, &out, &url), WSUB_URL_FINE);
    ck_assert_str_eq(url.host, fine[_i].host);
    ck_assert_uint_eq(url.port, fine[_i].port);
    ck_assert(url.https == fine[_i].https);
    ck_assert_str_eq(wsub_buf_cstr(&out) + 1, normalized);
    wsub_buf_done(&out);
}
END_TEST

START_TEST(normalizing_twice_changes_nothing)
{
    struct wsub_buf once = {0}, twice = {0};
    struct wsub_url url;

    ck_assert_int_eq(wsub_url_parse(fine[_i].text, &once, &url), WSUB_URL_FINE);
    ck_assert_int_eq(wsub_url_parse(once.data, &twice, &url), WSUB_URL_FINE);
    ck_assert_str_eq(once.data, twice.data);
    wsub_buf_done(&once);
    wsub_buf_done(&twice);
}
END_TEST

static const struct {
    const char *text;
    enum wsub_url_fault fault;
} faulty[] = {
    {"", WSUB_URL_EMPTY},
    {"example.com", WSUB_URL_NOT_HTTP},
    {"/path", WSUB_URL_NOT_HTTP},
    {"//example.com/", WSUB_URL_NOT_HTTP},
    {"http:/example.com", WSUB_URL_NOT_HTTP},
    {"http:example.com", WSUB_URL_NOT_HTTP},
    {"http:", WSUB_URL_NOT_HTTP},
    {"ftp://example.com/", WSUB_URL_NOT_HTTP},
    {"file:///etc/passwd", WSUB_URL_NOT_HTTP},
    {"httpss://example.com/", WSUB_URL_NOT_HTTP},
    {"urn:x", WSUB_URL_NOT_HTTP},
    {"%68%74%74%70://example.com%", WSUB_URL_BAD_BYTE},
    {"http://example.com/#", WSUB_URL_FRAGMENT},
    {"http://example.com#a", WSUB_URL_FRAGMENT},
    {"http://example.com?a#b", WSUB_URL_FRAGMENT},
    {"http://u@example.com/", WSUB_URL_USERINFO},
    {"http://u:p@example.com/", WSUB_URL_USERINFO},
    {"http://@example.com/", WSUB_URL_USERINFO},
    {"http://example.com:80@10.0.0.1/", WSUB_URL_USERINFO},
    {"http://[::1]@example.com/", WSUB_URL_USERINFO},
    {"http://u%40example.com/", WSUB_URL_BAD_HOST},
    {"http://", WSUB_URL_BAD_HOST},
    {"http:///path", WSUB_URL_BAD_HOST},
    {"http://?q", WSUB_URL_BAD_HOST},
    {"http://:80/", WSUB_URL_BAD_HOST},
    {"http://./", WSUB_URL_BAD_HOST},
    {"http://../", WSUB_URL_BAD_HOST},
    {"http://.example.com/", WSUB_URL_BAD_HOST},
    {"http://example..com/", WSUB_URL_BAD_HOST},
    {"http://example.com../", WSUB_URL_BAD_HOST},
    {"http://exa~mple.com/", WSUB_URL_BAD_HOST},
    {"http://exa%20mple.com/", WSUB_URL_BAD_HOST},
    {"http://exa%00mple.com/", WSUB_URL_BAD_HOST},
    {"http://b%C3%BCcher.example/", WSUB_URL_BAD_HOST},
    {"http://a,b/", WSUB_URL_BAD_HOST},
    {"http://a;b/", WSUB_URL_BAD_HOST},
    {"http://a=b/", WSUB_URL_BAD_HOST},
    {"http://" LABEL63 "a.example/", WSUB_URL_BAD_HOST},
    {"http://example." LABEL63 "a/", WSUB_URL_BAD_HOST},
    {"http://" NAME253 "a/", WSUB_URL_BAD_HOST},
    {"http://" NAME253 "." NAME253 "/", WSUB_URL_BAD_HOST},
    {"http://2130706433/", WSUB_URL_BAD_HOST},
    {"http://0x7f000001/", WSUB_URL_BAD_HOST},
    {"http://0X7F.1/", WSUB_URL_BAD_HOST},
    {"http://0x7f.1/", WSUB_URL_BAD_HOST},
    {"http://0x/", WSUB_URL_BAD_HOST},
    {"http://127.1/", WSUB_URL_BAD_HOST},
    {"http://127.0.1/", WSUB_URL_BAD_HOST},
    {"http://127.0.0.1./", WSUB_URL_BAD_HOST},
    {"http://0177.0.0.1/", WSUB_URL_BAD_HOST},
    {"http://017700000001/", WSUB_URL_BAD_HOST},
    {"http://127.0.0.0x1/", WSUB_URL_BAD_HOST},
    {"http://127.0.0.01/", WSUB_URL_BAD_HOST},
    {"http://1.2.3.4.5/", WSUB_URL_BAD_HOST},
    {"http://256.0.0.1/", WSUB_URL_BAD_HOST},
    {"http://a.b.1/", WSUB_URL_BAD_HOST},
    {"http://a.0x1f./", WSUB_URL_BAD_HOST},
    {"http://%32130706433/", WSUB_URL_BAD_HOST},
    {"http://0%787f.1/", WSUB_URL_BAD_HOST},
    {"http://[]/", WSUB_URL_BAD_HOST},
    {"http://[/", WSUB_URL_BAD_HOST},
    {"http://[::1/", WSUB_URL_BAD_HOST},
    {"http://::1/", WSUB_URL_BAD_HOST},
    {"http://[::1]x/", WSUB_URL_BAD_HOST},
    {"http://x[::1]/", WSUB_URL_BAD_HOST},
    {"http://[fe80::1%25eth0]/", WSUB_URL_BAD_HOST},
    {"http://[fe80::1%251]/", WSUB_URL_BAD_HOST},
    {"http://[127.0.0.1]/", WSUB_URL_BAD_HOST},
    {"http://[example.com]/", WSUB_URL_BAD_HOST},
    {"http://[v1.a]/", WSUB_URL_BAD_HOST},
    {"http://[1:2:3:4:5:6:7:8:9]/", WSUB_URL_BAD_HOST},
    {"http://[::1]]/", WSUB_URL_BAD_HOST},
    {"http://h:0/", WSUB_URL_BAD_PORT},
    {"http://h:65536/", WSUB_URL_BAD_PORT},
    {"http://h:4294967376/", WSUB_URL_BAD_PORT},
    {"http://h:99999999999999999999999/", WSUB_URL_BAD_PORT},
    {"http://h:-1/", WSUB_URL_BAD_PORT},
    {"http://h:+80/", WSUB_URL_BAD_PORT},
    {"http://h:80a/", WSUB_URL_BAD_PORT},
    {"http://h:0x50/", WSUB_URL_BAD_PORT},
    {"http://h:80:80/", WSUB_URL_BAD_PORT},
    {"http://[::1]:80:1/", WSUB_URL_BAD_PORT},
    {"http://h/a b", WSUB_URL_BAD_BYTE},
    {" http://h/", WSUB_URL_BAD_BYTE},
    {"http://h/ ", WSUB_URL_BAD_BYTE},
    {"http://h/\t", WSUB_URL_BAD_BYTE},
    {"http://h/\r\nHost: x", WSUB_URL_BAD_BYTE},
    {"http://h/\177", WSUB_URL_BAD_BYTE},
    {"http://h/\303\251", WSUB_URL_BAD_BYTE},
    {"http://h\200/", WSUB_URL_BAD_BYTE},
    {"http://h/\377", WSUB_URL_BAD_BYTE},
    {"http://h\\@x/", WSUB_URL_BAD_BYTE},
    {"http://h/\"", WSUB_URL_BAD_BYTE},
    {"http://h/<", WSUB_URL_BAD_BYTE},
    {"http://h/>", WSUB_URL_BAD_BYTE},
    {"http://h/^", WSUB_URL_BAD_BYTE},
    {"http://h/`", WSUB_URL_BAD_BYTE},
    {"http://h/{", WSUB_URL_BAD_BYTE},
    {"http://h/|", WSUB_URL_BAD_BYTE},
    {"http://h/}", WSUB_URL_BAD_BYTE},
    {"http://h/%", WSUB_URL_BAD_BYTE},
    {"http://h/%4", WSUB_URL_BAD_BYTE},
    {"http://h/%4g", WSUB_URL_BAD_BYTE},
    {"http://h/%%41", WSUB_URL_BAD_BYTE},
    {"http://h/%2%35", WSUB_URL_BAD_BYTE},
    {"http://h/% 1", WSUB_URL_BAD_BYTE},
    {"http://h/%+1", WSUB_URL_BAD_BYTE},
};

START_TEST(a_faulty_url_is_refused_and_adds_nothing)
{
    struct wsub_buf out = {0};
    struct wsub_url url = {.port = 4711};

    wsub_buf_str(&out, "kept");
    ck_assert_int_eq(wsub_url_parse(faulty[_i].text, &out, &url),
                     faulty[_i].fault);
    ck_assert_str_eq(wsub_buf_cstr(&out), "kept");
    ck_assert_uint_eq(url.port, 4711);
    wsub_buf_done(&out);
}
END_TEST

static const struct {
    size_t len;
    enum wsub_url_fault fault;
} lengths[] = {
    {WSUB_URL_MAX_BYTES - 1, WSUB_URL_FINE},
    {WSUB_URL_MAX_BYTES, WSUB_URL_FINE},
    {WSUB_URL_MAX_BYTES + 1, WSUB_URL_TOO_LONG},
    {4 * WSUB_URL_MAX_BYTES, WSUB_URL_TOO_LONG},
};

START_TEST(a_url_has_at_most_2048_bytes_as_sent)
{
    char text[4 * WSUB_URL_MAX_BYTES + 1];
    struct wsub_url url;

    memset(text, 'a', sizeof(text));
    memcpy(text, "http://h/", 9);
    text[lengths[_i].len] = '\0';
    ck_assert_int_eq(wsub_url_parse(text, NULL, &url), lengths[_i].fault);
}
END_TEST

START_TEST(escapes_count_as_sent)
{
    char text[WSUB_URL_MAX_BYTES + 4] = "http://h/";
    struct wsub_url url;

    for (size_t at = strlen(text); at + 3 < sizeof(text); at += 3)
        memcpy(text + at, "%41", 4);
    ck_assert_uint_gt(strlen(text), WSUB_URL_MAX_BYTES);
    ck_assert_int_eq(wsub_url_parse(text, NULL, &url), WSUB_URL_TOO_LONG);
}
END_TEST

START_TEST(every_fault_has_a_text)
{
    ck_assert_uint_gt(strlen(wsub_url_fault_text((enum wsub_url_fault)_i)), 4);
}
END_TEST

static const struct {
    const char *bytes;
    const char *encoded;
} encoded[] = {
    {"", ""},
    {"AZaz09-._~", "AZaz09-._~"},
    {"a b+c&d=e/f?g%h#", "a%20b%2Bc%26d%3De%2Ff%3Fg%25h%23"},
    {"\303\251\377\001\177", "%C3%A9%FF%01%7F"},
};

START_TEST(encoding_spares_only_unreserved_characters)
{
    struct wsub_buf out = {0};

    wsub_url_encode(&out, encoded[_i].bytes);
    ck_assert_str_eq(wsub_buf_cstr(&out), encoded[_i].encoded);
    wsub_buf_done(&out);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("url");

    tcase_add_loop_test(cases, a_fine_url_is_taken_apart_and_normalized, 0,
                        COUNT(fine));
    tcase_add_loop_test(cases, normalizing_twice_changes_nothing, 0,
                        COUNT(fine));
    tcase_add_loop_test(cases, a_faulty_url_is_refused_and_adds_nothing, 0,
                        COUNT(faulty));
    tcase_add_loop_test(cases, a_url_has_at_most_2048_bytes_as_sent, 0,
                        COUNT(lengths));
    tcase_add_test(cases, escapes_count_as_sent);
    tcase_add_loop_test(cases, every_fault_has_a_text, 0,
                        WSUB_URL_FAULT_MAX_ + 2);
    tcase_add_loop_test(cases, encoding_spares_only_unreserved_characters, 0,
                        COUNT(encoded));
    return suite_run("url", cases);
}
