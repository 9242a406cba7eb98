/* test_redis_url.c - the address of Redis. */
#include <string.h>

#include "common/redis/redis_url.h"
#include "tests/unit/suite.h"

#define LONG_PATH                                                              \
    "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *text;
    struct wsub_redis_url url;
} fine[] = {
    {"redis://127.0.0.1:6379/0",
     {.kind = WSUB_REDIS_TCP, .host = "127.0.0.1", .port = 6379}},
    {"redis://redis", {.host = "redis", .port = 6379}},
    {"redis://redis/", {.host = "redis", .port = 6379}},
    {"redis://my_redis.local:1/15",
     {.host = "my_redis.local", .port = 1, .db = 15}},
    {"redis://h:65535/65535", {.host = "h", .port = 65535, .db = 65535}},
    {"redis://[::1]:7000/2", {.host = "::1", .port = 7000, .db = 2}},
    {"redis://[2001:db8::1]", {.host = "2001:db8::1", .port = 6379}},
    {"redis://:secret@h", {.host = "h", .port = 6379, .password = "secret"}},
    {"redis://u:secret@h:1/3",
     {.host = "h", .port = 1, .user = "u", .password = "secret", .db = 3}},
    {"redis://u%3a:p%40%2F%25%C3%A9@h",
     {.host = "h", .port = 6379, .user = "u:", .password = "p@/%\303\251"}},
    {"redis://:a:b@c@h", {.host = "h", .port = 6379, .password = "a:b@c"}},
    {"redis://:@h", {.host = "h", .port = 6379}},
    {"unix:///run/redis.sock",
     {.kind = WSUB_REDIS_UNIX, .path = "/run/redis.sock"}},
    {"unix:///run/redis.sock?db=3",
     {.kind = WSUB_REDIS_UNIX, .path = "/run/redis.sock", .db = 3}},
    {"unix:///a%20b%3F", {.kind = WSUB_REDIS_UNIX, .path = "/a b?"}},
    {"unix:///a@b", {.kind = WSUB_REDIS_UNIX, .path = "/a@b"}},
    {"unix://u:p@/s?db=1",
     {.kind = WSUB_REDIS_UNIX,
      .path = "/s",
      .user = "u",
      .password = "p",
      .db = 1}},
    {"unix://" LONG_PATH, {.kind = WSUB_REDIS_UNIX, .path = LONG_PATH}},
};

START_TEST(an_address_of_redis_is_taken_apart)
{
    struct wsub_redis_url url;
    const char *reason = "";

    ck_assert_msg(wsub_redis_url_parse(fine[_i].text, &reason, &url) == WSUB_OK,
                  "%s", reason);
    ck_assert_int_eq(url.kind, fine[_i].url.kind);
    ck_assert_str_eq(url.host, fine[_i].url.host);
    ck_assert_uint_eq(url.port, fine[_i].url.port);
    ck_assert_str_eq(url.path, fine[_i].url.path);
    ck_assert_str_eq(url.user, fine[_i].url.user);
    ck_assert_str_eq(url.password, fine[_i].url.password);
    ck_assert_uint_eq(url.db, fine[_i].url.db);
}
END_TEST

static const struct {
    const char *text;
    const char *reason;
} faulty[] = {
    {"", "neither"},
    {"127.0.0.1:6379", "neither"},
    {"http://h", "neither"},
    {"redis:/h", "neither"},
    {"rediss://h", "no TLS"},
    {"redis://", "no host"},
    {"redis:///0", "no host"},
    {"redis://:6379", "no host"},
    {"redis://:p@", "no host"},
    {"redis://[]", "no host"},
    {"redis://h:", "port"},
    {"redis://h:0", "port"},
    {"redis://h:65536", "port"},
    {"redis://h:18446744073709551617", "port"},
    {"redis://h:6379x", "port"},
    {"redis://h:-1", "port"},
    {"redis://::1", "port"},
    {"redis://a b", "no name"},
    {"redis://h\351", "no name"},
    {"redis://[::1", "port"},
    {"redis://[::1]x", "no name"},
    {"redis://[fe80::1%25lo]", "no name"},
    {"redis://[h]", "no name"},
    {"redis://h/x", "database"},
    {"redis://h/-1", "database"},
    {"redis://h/65536", "database"},
    {"redis://h/4294967296", "database"},
    {"redis://h/0/1", "database"},
    {"redis://h/0?db=1", "only /DB"},
    {"redis://h?db=1", "only /DB"},
    {"redis://h#0", "only /DB"},
    {"redis://secret@h", "credentials"},
    {"redis://user:@h", "without a password"},
    {"redis://:%zz@h", "percent-escape"},
    {"redis://:%4@h", "percent-escape"},
    {"redis://:%@h", "percent-escape"},
    {"redis://:a%00b@h", "percent-escape"},
    {"unix://", "not absolute"},
    {"unix://run/redis.sock", "not absolute"},
    {"unix://u:p@run/redis.sock", "not absolute"},
    {"unix://?db=1", "not absolute"},
    {"unix:///s?db=", "database"},
    {"unix:///s?db=x", "database"},
    {"unix:///s?d=1", "only ?db"},
    {"unix:///s%0", "percent-escape"},
    {"unix://" LONG_PATH "a", "too long"},
};

START_TEST(a_faulty_address_is_refused_with_the_reason)
{
    struct wsub_redis_url url = {.port = 4711};
    const char *reason = "";

    ck_assert_int_eq(wsub_redis_url_parse(faulty[_i].text, &reason, &url),
                     WSUB_ERR_INVALID);
    ck_assert_msg(strstr(reason, faulty[_i].reason) != NULL, "%s: %s",
                  faulty[_i].text, reason);
    ck_assert_uint_eq(url.port, 4711);
}
END_TEST

static const struct {
    const char *before;
    size_t len;
    const char *after;
    enum wsub_err err;
} sizes[] = {
    {"redis://", 255, "", WSUB_OK},
    {"redis://", 256, "", WSUB_ERR_INVALID},
    {"redis://:", 511, "@h", WSUB_OK},
    {"redis://:", 512, "@h", WSUB_ERR_INVALID},
    {"redis://", 127, ":p@h", WSUB_OK},
    {"redis://", 128, ":p@h", WSUB_ERR_INVALID},
};

START_TEST(each_part_has_a_longest_length)
{
    struct wsub_redis_url url;
    const char *reason;
    char text[1024];
    char *end = stpcpy(text, sizes[_i].before);

    memset(end, 'a', sizes[_i].len);
    stpcpy(end + sizes[_i].len, sizes[_i].after);
    ck_assert_int_eq(wsub_redis_url_parse(text, &reason, &url), sizes[_i].err);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("redis_url");

    tcase_add_loop_test(cases, an_address_of_redis_is_taken_apart, 0,
                        COUNT(fine));
    tcase_add_loop_test(cases, a_faulty_address_is_refused_with_the_reason, 0,
                        COUNT(faulty));
    tcase_add_loop_test(cases, each_part_has_a_longest_length, 0, COUNT(sizes));
    return suite_run("redis_url", cases);
}
