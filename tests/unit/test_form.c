#include "common/http/form.h"

#include <string.h>

#include "tests/unit/suite.h"

#define FIELDS_MAX 4

static const struct {
    const char *text;
    const char *fields[2 * FIELDS_MAX]; /* name, value, ...; NULL at the end */
} fine[] = {
    {"", {NULL}},
    {"&", {NULL}},
    {"a=b", {"a", "b"}},
    {"a=b&c=d", {"a", "b", "c", "d"}},
    {"&&a=b&&c=d&&", {"a", "b", "c", "d"}},
    {"a", {"a", ""}},
    {"a=", {"a", ""}},
    {"=b", {"", "b"}},
    {"=", {"", ""}},
    {"a=b=c", {"a", "b=c"}},
    {"a=1&a=2", {"a", "1", "a", "2"}},
    {"hub.mode=subscribe", {"hub.mode", "subscribe"}},
    {"a+b=c+d", {"a b", "c d"}},
    {"a%2Bb=%26%3D%25", {"a+b", "&=%"}},
    {"%c3%A4=%E2%82%AC", {"\xc3\xa4", "\xe2\x82\xac"}},
    {"a=%F0%9F%98%80", {"a", "\xf0\x9f\x98\x80"}},
    {"a=\xc3\xa4", {"a", "\xc3\xa4"}},
    {"a=%ED%9F%BF", {"a", "\xed\x9f\xbf"}},
    {"a=%F4%8F%BF%BF", {"a", "\xf4\x8f\xbf\xbf"}},
    {"a=%0A%01", {"a", "\n\x01"}},
    {"a;b=c", {"a;b", "c"}},
    {"a=1&b=2&c=3&d=4", {"a", "1", "b", "2", "c", "3", "d", "4"}},
};

START_TEST(a_form_is_decoded)
{
    struct wsub_form form;
    size_t n = 0;

    ck_assert_int_eq(wsub_form_parse(fine[_i].text, strlen(fine[_i].text),
                                     FIELDS_MAX, &form),
                     WSUB_OK);
    while (n < FIELDS_MAX && fine[_i].fields[2 * n] != NULL)
        n++;
    ck_assert_uint_eq(form.count, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(form.fields[i].name, fine[_i].fields[2 * i]);
        ck_assert_str_eq(form.fields[i].value, fine[_i].fields[2 * i + 1]);
    }
    wsub_form_done(&form);
}
END_TEST

static const struct {
    const char *text;
    enum wsub_err err;
} bad[] = {
    {"a=%", WSUB_ERR_INVALID},
    {"a=%4", WSUB_ERR_INVALID},
    {"a=%4&b=1", WSUB_ERR_INVALID},
    {"a=%4g", WSUB_ERR_INVALID},
    {"a=%g4", WSUB_ERR_INVALID},
    {"%=a", WSUB_ERR_INVALID},
    {"a=%00", WSUB_ERR_INVALID},
    {"a%00b=c", WSUB_ERR_INVALID},
    {"a=%ff", WSUB_ERR_INVALID},
    {"a=%80", WSUB_ERR_INVALID},
    {"a=%c3", WSUB_ERR_INVALID},
    {"a=%c3%28", WSUB_ERR_INVALID},
    {"a=%c0%80", WSUB_ERR_INVALID},
    {"a=%c1%bf", WSUB_ERR_INVALID},
    {"a=%e0%9f%bf", WSUB_ERR_INVALID},
    {"a=%ed%a0%80", WSUB_ERR_INVALID},
    {"a=%f0%8f%bf%bf", WSUB_ERR_INVALID},
    {"a=%f4%90%80%80", WSUB_ERR_INVALID},
    {"a=%f8%88%80%80%80", WSUB_ERR_INVALID},
    {"a=\xff", WSUB_ERR_INVALID},
    {"ok=1&\xc3=1", WSUB_ERR_INVALID},
    {"a&b&c&d&e", WSUB_ERR_TOO_LARGE},
};

START_TEST(a_broken_form_is_refused)
{
    struct wsub_form form = {0};

    ck_assert_int_eq(
        wsub_form_parse(bad[_i].text, strlen(bad[_i].text), FIELDS_MAX, &form),
        bad[_i].err);
    ck_assert_ptr_null(form.fields);
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
    struct wsub_form form = {0};

    ck_assert_int_eq(wsub_form_parse("a=b\0c", 5, FIELDS_MAX, &form),
                     WSUB_ERR_INVALID);
}
END_TEST

START_TEST(a_form_ends_where_its_length_says)
{
    struct wsub_form form;
    const char *value = NULL;

    ck_assert_int_eq(wsub_form_parse("a=b%41", 3, FIELDS_MAX, &form), WSUB_OK);
    ck_assert_uint_eq(wsub_form_find(&form, "a", &value), 1);
    ck_assert_str_eq(value, "b");
    wsub_form_done(&form);
    ck_assert_int_eq(wsub_form_parse("a=%41", 4, FIELDS_MAX, &form),
                     WSUB_ERR_INVALID);
}
END_TEST

START_TEST(find_counts_and_gives_the_first)
{
    struct wsub_form form;
    const char *value = "untouched";

    ck_assert_int_eq(wsub_form_parse("a=1&b=2&a=3", 11, FIELDS_MAX, &form),
                     WSUB_OK);
    ck_assert_uint_eq(wsub_form_find(&form, "A", &value), 0);
    ck_assert_str_eq(value, "untouched");
    ck_assert_uint_eq(wsub_form_find(&form, "a", &value), 2);
    ck_assert_str_eq(value, "1");
    ck_assert_uint_eq(wsub_form_find(&form, "b", NULL), 1);
    wsub_form_done(&form);
    ck_assert_uint_eq(wsub_form_find(&form, "a", NULL), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("form");

    tcase_add_loop_test(tcase, a_form_is_decoded, 0, COUNT(fine));
    tcase_add_loop_test(tcase, a_broken_form_is_refused, 0, COUNT(bad));
    tcase_add_test(tcase, a_zero_byte_is_refused);
    tcase_add_test(tcase, a_form_ends_where_its_length_says);
    tcase_add_test(tcase, find_counts_and_gives_the_first);
    return suite_run("form", tcase);
}
