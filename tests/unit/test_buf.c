/* test_buf.c - a byte string that grows. */
#include <stdint.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/unit/suite.h"

START_TEST(an_empty_buffer_is_an_empty_string)
{
    struct wsub_buf b = {0};
    char *taken;

    ck_assert_str_eq(wsub_buf_cstr(&b), "");
    ck_assert_ptr_null(b.data);
    wsub_buf_clear(&b);
    taken = wsub_buf_take(&b);
    ck_assert_str_eq(taken, "");
    free(taken);
    wsub_buf_done(&b);
}
END_TEST

START_TEST(what_is_added_stands_in_order)
{
    struct wsub_buf b = {0};

    wsub_buf_str(&b, "ab");
    wsub_buf_char(&b, 'c');
    wsub_buf_add(&b, "d\0e", 3);
    wsub_buf_u64(&b, 7);
    wsub_buf_printf(&b, "<%s>", "x");
    wsub_buf_add(&b, NULL, 0);
    ck_assert_uint_eq(b.len, 10);
    ck_assert_mem_eq(b.data, "abcd\0e7<x>", 11);
    wsub_buf_done(&b);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(it_grows_to_any_length_and_stays_terminated)
{
    struct wsub_buf b = {0};

    for (int i = 0; i < 5000; i++) {
        wsub_buf_char(&b, (char)('a' + i % 26));
        ck_assert_int_eq(b.data[b.len], '\0');
        ck_assert_uint_lt(b.len, b.cap);
    }
    ck_assert_uint_eq(b.len, 5000);
    ck_assert_int_eq(b.data[4999], 'a' + 4999 % 26);
    wsub_buf_done(&b);
}
END_TEST

static const size_t reserved[] = {0, 1, 62, 63, 64, 65, 127, 128, 100000};

START_TEST(reserved_room_can_be_filled_to_the_last_byte)
{
    struct wsub_buf b = {0};
    char *room;

    wsub_buf_str(&b, "x");
    room = wsub_buf_reserve(&b, reserved[_i]);
    memset(room, 'y', reserved[_i]);
    b.len += reserved[_i];
    ck_assert_uint_lt(b.len, b.cap);
    wsub_buf_str(&b, "z");
    ck_assert_int_eq(b.data[0], 'x');
    ck_assert_int_eq(b.data[b.len - 1], 'z');
    ck_assert_uint_eq(b.len, reserved[_i] + 2);
    wsub_buf_done(&b);
}
END_TEST

static const struct {
    uint64_t number;
    const char *text;
} numbers[] = {
    {0, "0"},
    {9, "9"},
    {10, "10"},
    {4294967296u, "4294967296"},
    {UINT64_MAX, "18446744073709551615"},
};

START_TEST(a_number_is_added_in_decimal)
{
    struct wsub_buf b = {0};
    char digits[WSUB_U64_DIGITS];

    wsub_buf_u64(&b, numbers[_i].number);
    ck_assert_str_eq(wsub_buf_cstr(&b), numbers[_i].text);
    ck_assert_uint_eq(wsub_buf_digits(numbers[_i].number, digits), b.len);
    ck_assert_mem_eq(digits, numbers[_i].text, b.len);
    wsub_buf_done(&b);
}
END_TEST

START_TEST(a_format_may_be_longer_than_the_room)
{
    struct wsub_buf b = {0};

    wsub_buf_printf(&b, "%0*d", 1000, 1);
    ck_assert_uint_eq(b.len, 1000);
    ck_assert_int_eq(b.data[999], '1');
    wsub_buf_printf(&b, "%s", "");
    ck_assert_uint_eq(b.len, 1000);
    wsub_buf_done(&b);
}
END_TEST

START_TEST(clearing_keeps_the_memory)
{
    struct wsub_buf b = {0};
    char *data;

    wsub_buf_str(&b, "secret");
    data = b.data;
    wsub_buf_clear(&b);
    ck_assert_str_eq(wsub_buf_cstr(&b), "");
    wsub_buf_str(&b, "new");
    ck_assert_ptr_eq(b.data, data);
    ck_assert_str_eq(b.data, "new");
    wsub_buf_done(&b);
}
END_TEST

START_TEST(taking_gives_the_bytes_away)
{
    struct wsub_buf b = {0};
    char *taken;

    wsub_buf_str(&b, "mine");
    taken = wsub_buf_take(&b);
    ck_assert_str_eq(taken, "mine");
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_null(b.data);
    free(taken);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("buf");

    tcase_add_test(cases, an_empty_buffer_is_an_empty_string);
    tcase_add_test(cases, what_is_added_stands_in_order);
    tcase_add_test(cases, it_grows_to_any_length_and_stays_terminated);
    tcase_add_loop_test(cases, reserved_room_can_be_filled_to_the_last_byte, 0,
                        COUNT(reserved));
    tcase_add_loop_test(cases, a_number_is_added_in_decimal, 0, COUNT(numbers));
    tcase_add_test(cases, a_format_may_be_longer_than_the_room);
    tcase_add_test(cases, clearing_keeps_the_memory);
    tcase_add_test(cases, taking_gives_the_bytes_away);
    return suite_run("buf", cases);
}
