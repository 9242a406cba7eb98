/* test_cmd.c - commands in the form that goes over the wire. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/redis/cmd.h"
#include "tests/unit/suite.h"

static void check_wire(struct wsub_cmd *cmd, const char *expected, size_t len)
{
    size_t got_len;
    const char *got = wsub_cmd_wire(cmd, &got_len);

    ck_assert_uint_eq(got_len, len);
    ck_assert_mem_eq(got, expected, len);
}

#define CHECK_WIRE(cmd, literal) check_wire(cmd, literal, sizeof(literal) - 1)

START_TEST(a_command_is_an_array_of_strings)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "PING");
    CHECK_WIRE(&cmd, "*1\r\n$4\r\nPING\r\n");
    wsub_cmd_str(&cmd, "");
    wsub_cmd_u64(&cmd, 0);
    wsub_cmd_u64(&cmd, UINT64_MAX);
    CHECK_WIRE(&cmd, "*4\r\n$4\r\nPING\r\n$0\r\n\r\n$1\r\n0\r\n"
                     "$20\r\n18446744073709551615\r\n");
    wsub_cmd_done(&cmd);
}
END_TEST

START_TEST(any_byte_may_be_in_an_argument)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "X");
    wsub_cmd_arg(&cmd, "\r\n\0$5*", 6);
    wsub_cmd_arg(&cmd, NULL, 0);
    CHECK_WIRE(&cmd, "*3\r\n$1\r\nX\r\n$6\r\n\r\n\0$5*\r\n$0\r\n\r\n");
    wsub_cmd_done(&cmd);
}
END_TEST

START_TEST(a_key_has_a_prefix_and_maybe_a_suffix)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "GET");
    wsub_cmd_key(&cmd, "websub:{0}:", "log", NULL);
    wsub_cmd_key(&cmd, "websub:{11}:", "sub", "TD:CD");
    wsub_cmd_key(&cmd, "", "", NULL);
    CHECK_WIRE(&cmd, "*4\r\n$3\r\nGET\r\n$14\r\nwebsub:{0}:log\r\n"
                     "$21\r\nwebsub:{11}:sub:TD:CD\r\n"
                     "$0\r\n\r\n");
    wsub_cmd_done(&cmd);
}
END_TEST

START_TEST(a_script_is_called_by_its_sha1_with_one_key)
{
    const struct wsub_script script = {
        .name = "half",
        .body = "return 0.5",
        .sha1 = "0123456789abcdef0123456789abcdef01234567",
    };
    struct wsub_cmd cmd;

    wsub_cmd_init_script(&cmd, &script, "websub:{5}:");
    ck_assert_ptr_eq(cmd.script, &script);
    ck_assert_str_eq(cmd.name, "half");
    CHECK_WIRE(&cmd, "*4\r\n$7\r\nEVALSHA\r\n$40\r\n"
                     "0123456789abcdef0123456789abcdef01234567\r\n"
                     "$1\r\n1\r\n$11\r\nwebsub:{5}:\r\n");
    wsub_cmd_done(&cmd);
}
END_TEST

static const struct wsub_script through = {
    .name = "through",
    .body = "",
    .sha1 = "fedcba9876543210fedcba9876543210fedcba98",
};

START_TEST(a_command_goes_through_a_script)
{
    static const char wire[] = "*6\r\n$7\r\nEVALSHA\r\n$40\r\n"
                               "fedcba9876543210fedcba9876543210fedcba98\r\n"
                               "$1\r\n1\r\n$3\r\nkey\r\n"
                               "$3\r\nGET\r\n$1\r\na\r\n";
    struct wsub_cmd cmd;
    size_t len;

    wsub_cmd_init(&cmd, "GET");
    wsub_cmd_str(&cmd, "a");
    wsub_cmd_through(&cmd, &through, "key");
    ck_assert_str_eq(cmd.name, "GET");
    ck_assert_ptr_eq(cmd.script, &through);
    ck_assert_mem_eq(wsub_cmd_wire(&cmd, &len), wire, strlen(wire));
    ck_assert_uint_eq(len, strlen(wire));
    wsub_cmd_done(&cmd);
}
END_TEST

START_TEST(the_script_of_a_call_is_replaced)
{
    const struct wsub_script script = {
        .name = "one",
        .body = "",
        .sha1 = "0123456789abcdef0123456789abcdef01234567",
    };
    struct wsub_cmd cmd, same;
    size_t len, same_len;
    const char *wire;

    wsub_cmd_init_script(&cmd, &script, "key");
    wsub_cmd_init_script(&same, &through, "key");
    wsub_cmd_str(&cmd, "a");
    wsub_cmd_str(&same, "a");
    wsub_cmd_through(&cmd, &through, "other");
    wire = wsub_cmd_wire(&cmd, &len);
    ck_assert_mem_eq(wire, wsub_cmd_wire(&same, &same_len), len);
    ck_assert_uint_eq(len, same_len);
    ck_assert_str_eq(cmd.name, "one");
    wsub_cmd_done(&cmd);
    wsub_cmd_done(&same);
}
END_TEST

/* The number of arguments is written in front at the end. */
START_TEST(many_and_large_arguments)
{
    const size_t large = 1u << 20;
    char *body = calloc(1, large);
    struct wsub_cmd cmd;
    const char *wire;
    size_t len;

    ck_assert_ptr_nonnull(body);
    wsub_cmd_init(&cmd, "X");
    for (int i = 0; i < 99999; i++)
        wsub_cmd_str(&cmd, "a");
    wsub_cmd_arg(&cmd, body, large);
    wire = wsub_cmd_wire(&cmd, &len);
    ck_assert_mem_eq(wire, "*100001\r\n$1\r\nX\r\n", 16);
    ck_assert_uint_eq(len, 16 + 99999 * 7 + 10 + large + 2);
    ck_assert_mem_eq(wire + len - large - 12, "$1048576\r\n", 10);
    wsub_cmd_done(&cmd);
    free(body);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("cmd");

    tcase_add_test(cases, a_command_is_an_array_of_strings);
    tcase_add_test(cases, any_byte_may_be_in_an_argument);
    tcase_add_test(cases, a_key_has_a_prefix_and_maybe_a_suffix);
    tcase_add_test(cases, a_script_is_called_by_its_sha1_with_one_key);
    tcase_add_test(cases, a_command_goes_through_a_script);
    tcase_add_test(cases, the_script_of_a_call_is_replaced);
    tcase_add_test(cases, many_and_large_arguments);
    return suite_run("cmd", cases);
}
