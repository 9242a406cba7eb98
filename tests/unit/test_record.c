/* test_record.c - the record of an active subscription. */
#include <stdio.h>
#include <string.h>

#include "common/store/record.h"
#include "tests/unit/suite.h"

static const struct {
    const char *line;
    struct wsub_record record;
} fine[] = {
    {"1 1700000000 3600 7 - http://s.example/cb -",
     {1700000000,
      3600,
      7,
      false,
      false,
      false,
      "http://s.example/cb",
      "-",
      0,
      {0}}},
    {"1 0 0 0 o c -", {0, 0, 0, true, true, false, "c", "-", 0, {0}}},
    {"1 0 0 0 f c -", {0, 0, 0, false, true, false, "c", "-", 0, {0}}},
    {"1 0 0 0 c c -", {0, 0, 0, false, false, true, "c", "-", 0, {0}}},
    {"1 18446744073709551615 18446744073709551615 18446744073709551615 - c s",
     {UINT64_MAX,
      UINT64_MAX,
      UINT64_MAX,
      false,
      false,
      false,
      "c",
      "s",
      1,
      {0}}},
    {"1 1 2 3 - http://s.example/?a=b g.k1. a secret\n",
     {1,
      2,
      3,
      false,
      false,
      false,
      "http://s.example/?a=b",
      "g.k1. a secret\n",
      15,
      {0}}},
    {"1 1 2 3 - c  ", {1, 2, 3, false, false, false, "c", " ", 1, {0}}},
    {"1 1 2 3 - c --", {1, 2, 3, false, false, false, "c", "--", 2, {0}}},
    {"1 007 2 3 - c -", {7, 2, 3, false, false, false, "c", "-", 0, {0}}},
    {"1 1 2 3 o1 c -",
     {1,
      2,
      3,
      true,
      true,
      false,
      "c",
      "-",
      0,
      {true, false, WSUB_HASH_SHA1, WSUB_HEADERS_WEBSUB}}},
    {"1 1 2 3 -5s c -",
     {1,
      2,
      3,
      false,
      false,
      false,
      "c",
      "-",
      0,
      {true, true, WSUB_HASH_SHA512, WSUB_HEADERS_STANDARD}}},
    {"1 1 2 3 cw c -",
     {1,
      2,
      3,
      false,
      false,
      true,
      "c",
      "-",
      0,
      {false, true, WSUB_HASH_SHA1, WSUB_HEADERS_WEBSUB}}},
};

START_TEST(a_record_is_taken_apart)
{
    char line[256];
    struct wsub_record record;

    snprintf(line, sizeof(line), "%s", fine[_i].line);
    ck_assert_int_eq(wsub_record_parse(line, strlen(line), &record), WSUB_OK);
    ck_assert_uint_eq(record.expires_s, fine[_i].record.expires_s);
    ck_assert_uint_eq(record.lease_s, fine[_i].record.lease_s);
    ck_assert_uint_eq(record.generation, fine[_i].record.generation);
    ck_assert_int_eq(record.ordered, fine[_i].record.ordered);
    ck_assert_int_eq(record.in_cursor_mode, fine[_i].record.in_cursor_mode);
    ck_assert_int_eq(record.in_backfill, fine[_i].record.in_backfill);
    ck_assert_str_eq(record.secret, fine[_i].record.secret);
    ck_assert_uint_eq(record.secret_len, fine[_i].record.secret_len);
    ck_assert_str_eq(record.callback, fine[_i].record.callback);
    ck_assert_mem_eq(&record.choices, &fine[_i].record.choices,
                     sizeof(record.choices));
}
END_TEST

static const char *const broken[] = {
    "",
    " ",
    "1",
    "1 ",
    "1 1 2 3",
    "1 1 2 3 ",
    "1 1 2 3 -",
    "1 1 2 3 - ",
    "1 1 2 3 - -",
    "1 1 2 3 - - ",
    "1 1 2 3 -  c",
    "1 1 2 3 - s",
    "1 1 2 3 x s c",
    "1 1 2 3 of s c",
    "1 1 2 3 -o s c",
    "1 1 2 3  s c",
    "1 1 2 3 -4 c s",
    "1 1 2 3 -11 c s",
    "1 1 2 3 -12 c s",
    "1 1 2 3 -sw c s",
    "1 1 2 3 1 c s",
    "2 1 2 3 - - c",
    "0 1 2 3 - - c",
    "11 1 2 3 - - c",
    " 1 1 2 3 - - c",
    "+1 1 2 3 - - c",
    "-1 1 2 3 - - c",
    "1 -1 2 3 - - c",
    "1 +1 2 3 - - c",
    "1  1 2 3 - - c",
    "1 1x 2 3 - - c",
    "1 0x1 2 3 - - c",
    "1 1.0 2 3 - - c",
    "1\t1 2 3 - - c",
    "1 1 2 18446744073709551616 - - c",
    "1 99999999999999999999 2 3 - - c",
    "x 1 2 3 - - c",
    "1 x 2 3 - - c",
    "1 1 x 3 - - c",
    "1 1 2 x - - c",
};

START_TEST(a_secret_may_hold_any_bytes)
{
    char line[] = "1 1 2 3 - c g.k1.\0 \0\xff";
    struct wsub_record record;

    ck_assert_int_eq(wsub_record_parse(line, sizeof(line) - 1, &record),
                     WSUB_OK);
    ck_assert_str_eq(record.callback, "c");
    ck_assert_uint_eq(record.secret_len, 9);
    ck_assert_mem_eq(record.secret, "g.k1.\0 \0\xff", 9);
}
END_TEST

START_TEST(anything_else_is_not_a_record)
{
    char line[256];
    struct wsub_record record = {.generation = 42};

    snprintf(line, sizeof(line), "%s", broken[_i]);
    ck_assert_int_eq(wsub_record_parse(line, strlen(line), &record),
                     WSUB_ERR_INVALID);
    ck_assert_uint_eq(record.generation, 42);
}
END_TEST

/* Under sanitizers this reads past the end if anything does. */
START_TEST(a_record_that_is_cut_off_is_never_read_past_its_end)
{
    static const char whole[] = "1 1700000000 3600 7 o http://s/cb sealed";
    size_t secret = (size_t)(strstr(whole, "sealed") - whole);

    for (size_t len = 0; len < sizeof(whole); len++) {
        char *line = malloc(len + 1);
        struct wsub_record record;
        enum wsub_err err;

        ck_assert_ptr_nonnull(line);
        memcpy(line, whole, len);
        line[len] = '\0';
        err = wsub_record_parse(line, len, &record);
        ck_assert_int_eq(err, len > secret ? WSUB_OK : WSUB_ERR_INVALID);
        free(line);
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("record");

    tcase_add_loop_test(cases, a_record_is_taken_apart, 0, COUNT(fine));
    tcase_add_test(cases, a_secret_may_hold_any_bytes);
    tcase_add_loop_test(cases, anything_else_is_not_a_record, 0, COUNT(broken));
    tcase_add_test(cases, a_record_that_is_cut_off_is_never_read_past_its_end);
    return suite_run("record", cases);
}
