/* test_digest.c - names of topics, random tokens and base64url. */
#include <string.h>

#include "common/crypto/digest.h"
#include "tests/unit/suite.h"

/* The left half of `printf TEXT | sha256sum`, as base64url. */
static const struct {
    const char *text;
    const char *digest;
    unsigned top30;
} names[] = {
    {"", "47DEQpj8HBSa-_TImW-5JA", 955003152u},
    {"abc", "ungWv48Bz-pBQUDeXa4iIw", 782108079u},
    {"https://example.com/feed", "kiNsTkwRCOfDmtUieJGaGg", 612948755u},
};

START_TEST(a_digest_is_half_a_sha256_in_base64url)
{
    char text[WSUB_DIGEST_LEN + 1];

    wsub_digest(names[_i].text, strlen(names[_i].text), text);
    ck_assert_str_eq(text, names[_i].digest);
    ck_assert_uint_eq(strlen(text), WSUB_DIGEST_LEN);
}
END_TEST

START_TEST(a_bucket_is_the_first_thirty_bits_modulo_the_buckets)
{
    ck_assert_uint_eq(wsub_digest_bucket(names[_i].digest, 1u << 30),
                      names[_i].top30);
    ck_assert_uint_eq(wsub_digest_bucket(names[_i].digest, 1), 0);
    ck_assert_uint_eq(wsub_digest_bucket(names[_i].digest, 7),
                      names[_i].top30 % 7);
}
END_TEST

/* RFC 4648 section 10, and the two digits that differ from plain base64. */
static const struct {
    const char *bytes;
    size_t len;
    const char *text;
} pairs[] = {
    {"", 0, ""},
    {"f", 1, "Zg"},
    {"fo", 2, "Zm8"},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg"},
    {"fooba", 5, "Zm9vYmE"},
    {"foobar", 6, "Zm9vYmFy"},
    {"\373\377\277", 3, "-_-_"},
    {"\0\0", 2, "AAA"},
    {"\377\377\377\377", 4, "_____w"},
};

START_TEST(base64url_is_that_of_the_standard_in_both_directions)
{
    struct wsub_buf out = {0};

    wsub_buf_str(&out, "x");
    wsub_base64url(&out, pairs[_i].bytes, pairs[_i].len);
    ck_assert_str_eq(wsub_buf_cstr(&out) + 1, pairs[_i].text);
    wsub_buf_done(&out);
    wsub_buf_str(&out, "x");
    ck_assert_int_eq(
        wsub_base64url_decode(pairs[_i].text, strlen(pairs[_i].text), &out),
        WSUB_OK);
    ck_assert_uint_eq(out.len, pairs[_i].len + 1);
    ck_assert_mem_eq(out.data, "x", 1);
    if (pairs[_i].len > 0)
        ck_assert_mem_eq(out.data + 1, pairs[_i].bytes, pairs[_i].len);
    wsub_buf_done(&out);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
} refused[] = {
    {"Z", 1},        {"Zg==", 4}, {"Zh", 2},    {"Zm9", 3},    {"Zm9vY", 5},
    {"Zm+v", 4},     {"Zm/v", 4}, {"Zm 9v", 5}, {"Zm9v\n", 5}, {"Zg\0", 3},
    {"Zm\3519v", 5}, {"=", 1},    {"A", 1},     {"AB", 2},     {"Zm9vYmFyZ", 9},
    {"\377\377", 2}, {"+m9v", 4}, {"Z+9v", 4},  {"Zm9+", 4},   {"Zm9v+m9v", 8},
};

START_TEST(a_form_that_is_not_canonical_is_refused_and_adds_nothing)
{
    struct wsub_buf out = {0};

    wsub_buf_str(&out, "kept");
    ck_assert_int_eq(
        wsub_base64url_decode(refused[_i].text, refused[_i].len, &out),
        WSUB_ERR_INVALID);
    ck_assert_uint_eq(out.len, 4);
    ck_assert_str_eq(wsub_buf_cstr(&out), "kept");
    wsub_buf_done(&out);
}
END_TEST

START_TEST(every_byte_string_survives_the_round_trip)
{
    unsigned char bytes[64];
    struct wsub_buf text = {0}, back = {0};

    wsub_random(bytes, sizeof(bytes));
    wsub_base64url(&text, bytes, (size_t)_i);
    ck_assert_int_eq(wsub_base64url_decode(text.data, text.len, &back),
                     WSUB_OK);
    ck_assert_uint_eq(back.len, (size_t)_i);
    if (_i > 0)
        ck_assert_mem_eq(back.data, bytes, (size_t)_i);
    wsub_buf_done(&text);
    wsub_buf_done(&back);
}
END_TEST

START_TEST(a_token_has_two_lower_case_digits_for_each_byte)
{
    char one[65], two[65];

    wsub_random_hex((size_t)_i, one);
    wsub_random_hex((size_t)_i, two);
    ck_assert_uint_eq(strlen(one), 2 * (size_t)_i);
    ck_assert_uint_eq(strspn(one, "0123456789abcdef"), 2 * (size_t)_i);
    if (_i >= 16)
        ck_assert_str_ne(one, two);
}
END_TEST

static const struct {
    const char *a;
    size_t a_len;
    const char *b;
    size_t b_len;
    bool equal;
} compared[] = {
    {"", 0, "", 0, true},        {"abc", 3, "abc", 3, true},
    {"abc", 3, "abd", 3, false}, {"abc", 3, "ab", 2, false},
    {"", 0, "a", 1, false},      {"a\0b", 3, "a\0c", 3, false},
};

START_TEST(strings_are_equal_only_when_all_bytes_are)
{
    ck_assert(wsub_equal_const_time(compared[_i].a, compared[_i].a_len,
                                    compared[_i].b,
                                    compared[_i].b_len) == compared[_i].equal);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("digest");

    tcase_add_loop_test(cases, a_digest_is_half_a_sha256_in_base64url, 0,
                        COUNT(names));
    tcase_add_loop_test(cases,
                        a_bucket_is_the_first_thirty_bits_modulo_the_buckets, 0,
                        COUNT(names));
    tcase_add_loop_test(cases,
                        base64url_is_that_of_the_standard_in_both_directions, 0,
                        COUNT(pairs));
    tcase_add_loop_test(
        cases, a_form_that_is_not_canonical_is_refused_and_adds_nothing, 0,
        COUNT(refused));
    tcase_add_loop_test(cases, every_byte_string_survives_the_round_trip, 0,
                        64);
    tcase_add_loop_test(cases, a_token_has_two_lower_case_digits_for_each_byte,
                        0, 33);
    tcase_add_loop_test(cases, strings_are_equal_only_when_all_bytes_are, 0,
                        COUNT(compared));
    return suite_run("digest", cases);
}
