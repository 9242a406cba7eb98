/* test_attempt_log.c - the attempt log of a subscription. */
#include <string.h>

#include "common/store/attempt_log.h"
#include "tests/unit/suite.h"

#define HEAD "\1\2\0\0\0\0\0\0\0\3\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\2"
#define TIMED_OUT                                                              \
    "\x01\x68\xe5\xcf\x8b\x01\x00\x00\xe8\x03\x00\x00\x00\x10\x00\x00\x00\x00" \
    "\x01"                                                                     \
    "\x02\x68\xe5\xcf\x8b\x01\x03\x00\x00\x00\x04\x00\x00\x00"
#define ANSWERED                                                               \
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" \
    "\x00"                                                                     \
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00"
#define HEAD_LEN (sizeof(HEAD) - 1)
#define ATTEMPT_LEN (sizeof(TIMED_OUT) - 1)

static const char wire[] = HEAD TIMED_OUT ANSWERED "why";
static const struct wsub_attempt_log known = {
    .delivered = 2,
    .failed = 0x103,
    .bytes = 1ull << 40,
    .count = 2,
    .attempts = {{.at_ms = 1700000000001,
                  .duration_ms = 1000,
                  .bytes = 4096,
                  .error = WSUB_ATTEMPT_TIMEOUT,
                  .event_ms = 1700000000002,
                  .event_seq = 3,
                  .number = 4},
                 {.at_ms = UINT64_MAX,
                  .duration_ms = UINT32_MAX,
                  .bytes = UINT32_MAX,
                  .status = UINT16_MAX,
                  .event_ms = 0xffffffffffff,
                  .event_seq = UINT32_MAX,
                  .number = UINT16_MAX,
                  .body = "why",
                  .body_len = 3}},
};

START_TEST(a_log_is_written_as_documented)
{
    unsigned char out[WSUB_ATTEMPT_LOG_MAX];

    ck_assert_uint_eq(wsub_attempt_log_write(&known, out), sizeof(wire) - 1);
    ck_assert_mem_eq(out, wire, sizeof(wire) - 1);
}
END_TEST

START_TEST(a_log_is_read_as_it_was_written)
{
    struct wsub_attempt_log log;

    ck_assert_int_eq(wsub_attempt_log_read(wire, sizeof(wire) - 1, &log),
                     WSUB_OK);
    ck_assert_uint_eq(log.delivered, known.delivered);
    ck_assert_uint_eq(log.failed, known.failed);
    ck_assert_uint_eq(log.bytes, known.bytes);
    ck_assert_uint_eq(log.count, known.count);
    for (unsigned i = 0; i < log.count; i++) {
        const struct wsub_attempt *is = &log.attempts[i];
        const struct wsub_attempt *was = &known.attempts[i];

        ck_assert_uint_eq(is->at_ms, was->at_ms);
        ck_assert_uint_eq(is->duration_ms, was->duration_ms);
        ck_assert_uint_eq(is->bytes, was->bytes);
        ck_assert_uint_eq(is->status, was->status);
        ck_assert_int_eq(is->error, was->error);
        ck_assert_uint_eq(is->event_ms, was->event_ms);
        ck_assert_uint_eq(is->event_seq, was->event_seq);
        ck_assert_uint_eq(is->number, was->number);
        ck_assert_uint_eq(is->body_len, was->body_len);
        if (was->body_len > 0)
            ck_assert_mem_eq(is->body, was->body, was->body_len);
    }
}
END_TEST

START_TEST(a_full_log_fills_the_buffer)
{
    unsigned char out[WSUB_ATTEMPT_LOG_MAX];
    static const char body[WSUB_ATTEMPT_BODY_MAX];
    struct wsub_attempt_log log = {.count = WSUB_ATTEMPT_LOG_KEPT};

    for (unsigned i = 0; i < WSUB_ATTEMPT_LOG_KEPT; i++) {
        log.attempts[i].body = body;
        log.attempts[i].body_len = WSUB_ATTEMPT_BODY_MAX;
    }
    log.attempts[WSUB_ATTEMPT_LOG_KEPT - 1].at_ms = 7;
    ck_assert_uint_eq(wsub_attempt_log_write(&log, out), sizeof(out));
    ck_assert_int_eq(wsub_attempt_log_read(out, sizeof(out), &log), WSUB_OK);
    ck_assert_uint_eq(log.count, WSUB_ATTEMPT_LOG_KEPT);
    ck_assert_uint_eq(log.attempts[WSUB_ATTEMPT_LOG_KEPT - 1].at_ms, 7);
}
END_TEST

static const struct {
    char version;
    size_t len;
} refused[] = {
    {1, 0},        {1, 1},        {1, HEAD_LEN - 1}, {1, HEAD_LEN + 1},
    {2, HEAD_LEN}, {0, HEAD_LEN}, {'1', HEAD_LEN},
};

START_TEST(what_is_no_log_is_refused)
{
    char bytes[WSUB_ATTEMPT_LOG_MAX + ATTEMPT_LEN] = {0};
    struct wsub_attempt_log log;

    bytes[0] = refused[_i].version;
    ck_assert_int_eq(wsub_attempt_log_read(bytes, refused[_i].len, &log),
                     WSUB_ERR_INVALID);
}
END_TEST

START_TEST(what_does_not_end_where_its_numbers_say_is_refused)
{
    char bytes[sizeof(wire)];
    struct wsub_attempt_log log;

    memcpy(bytes, wire, sizeof(wire));
    for (size_t len = 0; len < sizeof(wire) - 1; len++)
        ck_assert_int_eq(wsub_attempt_log_read(bytes, len, &log),
                         WSUB_ERR_INVALID);
    bytes[HEAD_LEN + ATTEMPT_LEN - 2] = 1; /* length of a body */
    ck_assert_int_eq(wsub_attempt_log_read(bytes, sizeof(wire) - 1, &log),
                     WSUB_ERR_INVALID);
    bytes[HEAD_LEN + ATTEMPT_LEN - 2] = 0;
    bytes[HEAD_LEN - 1] = 9; /* attempts */
    ck_assert_int_eq(wsub_attempt_log_read(bytes, sizeof(wire) - 1, &log),
                     WSUB_ERR_INVALID);
}
END_TEST

START_TEST(an_error_of_a_later_program_is_unknown)
{
    ck_assert_pstr_eq(wsub_attempt_error_word(WSUB_ATTEMPT_WELL), NULL);
    ck_assert_str_eq(wsub_attempt_error_word((enum wsub_attempt_error)255),
                     "unknown");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("attempt_log");

    tcase_add_test(cases, a_log_is_written_as_documented);
    tcase_add_test(cases, a_log_is_read_as_it_was_written);
    tcase_add_test(cases, a_full_log_fills_the_buffer);
    tcase_add_loop_test(cases, what_is_no_log_is_refused, 0, COUNT(refused));
    tcase_add_test(cases, what_does_not_end_where_its_numbers_say_is_refused);
    tcase_add_test(cases, an_error_of_a_later_program_is_unknown);
    return suite_run("attempt_log", cases);
}
