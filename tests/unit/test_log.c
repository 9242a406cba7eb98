/* test_log.c - the form of a line, and which lines are written.
 *
 * Standard error is turned to a file around each call. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "tests/unit/suite.h"

#define TIME_BYTES 24 /* 2026-11-21T10:00:00.123Z */

static int kept_stderr;
static FILE *captured;

static void capture(void)
{
    captured = tmpfile();
    kept_stderr = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(captured);
    ck_assert_int_ge(dup2(fileno(captured), STDERR_FILENO), 0);
}

/* Ends the capture and returns what was written, in a static room. */
static const char *release(void)
{
    static char text[65536];
    size_t len;

    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    rewind(captured);
    len = fread(text, 1, sizeof(text) - 1, captured);
    text[len] = '\0';
    fclose(captured);
    return text;
}

/* The line without its time, which is checked. */
static const char *behind_time(const char *line)
{
    static const char digit_places[] = "dddd-dd-ddTdd:dd:dd.dddZ";

    ck_assert_uint_gt(strlen(line), TIME_BYTES);
    for (size_t i = 0; i < TIME_BYTES; i++) {
        if (digit_places[i] == 'd')
            ck_assert(line[i] >= '0' && line[i] <= '9');
        else
            ck_assert_int_eq(line[i], digit_places[i]);
    }
    return line + TIME_BYTES;
}

static const struct {
    const char *value;
    const char *text;
    const char *json;
} values[] = {
    {"plain", "plain", "\"plain\""},
    {"http://h/?a=b&c", "http://h/?a=b&c", "\"http://h/?a=b&c\""},
    {"", "\"\"", "\"\""},
    {NULL, "-", "\"-\""},
    {"two words", "\"two words\"", "\"two words\""},
    {"a\"b", "\"a\\\"b\"", "\"a\\\"b\""},
    {"a\\b", "\"a\\\\b\"", "\"a\\\\b\""},
    {"a\nb\r", "\"a\\u000ab\\u000d\"", "\"a\\u000ab\\u000d\""},
    {"\t\001\177", "\"\\u0009\\u0001\\u007f\"", "\"\\u0009\\u0001\\u007f\""},
    {"caf\303\251", "caf\303\251", "\"caf\303\251\""},
    {"a\377b", "\"a\\ufffdb\"", "\"a\\ufffdb\""},
    {"caf\303", "\"caf\\ufffd\"", "\"caf\\ufffd\""},
};

START_TEST(a_line_is_time_level_event_and_pairs)
{
    const char *line;
    char expected[256];

    wsub_log_setup(WSUB_LOG_INFO, WSUB_LOG_TEXT);
    capture();
    wsub_log_info("event-name", WSUB_KU("id", 7),
                  WSUB_KV("value", values[_i].value));
    line = release();
    snprintf(expected, sizeof(expected), " info event-name id=7 value=%s\n",
             values[_i].text);
    ck_assert_str_eq(behind_time(line), expected);
}
END_TEST

START_TEST(a_line_can_be_one_json_object)
{
    const char *line;
    char expected[256];

    wsub_log_setup(WSUB_LOG_INFO, WSUB_LOG_JSON);
    capture();
    wsub_log_warn("event-name", WSUB_KU("id", 7),
                  WSUB_KV("value", values[_i].value));
    line = release();
    ck_assert_int_eq(strncmp(line, "{\"time\":\"", 9), 0);
    snprintf(expected, sizeof(expected),
             "\",\"level\":\"warn\",\"event\":\"event-name\",\"id\":7,"
             "\"value\":%s}\n",
             values[_i].json);
    ck_assert_str_eq(behind_time(line + 9), expected);
}
END_TEST

START_TEST(an_event_needs_no_pairs)
{
    wsub_log_setup(WSUB_LOG_INFO, WSUB_LOG_TEXT);
    capture();
    wsub_log_error("alone");
    ck_assert_str_eq(behind_time(release()), " error alone\n");
}
END_TEST

static const size_t lengths[] = {1023, 1024, 1025, 5000};

START_TEST(a_long_value_is_cut)
{
    char value[6000];
    const char *line, *start;

    memset(value, 'a', lengths[_i]);
    value[lengths[_i]] = '\0';
    wsub_log_setup(WSUB_LOG_INFO, WSUB_LOG_TEXT);
    capture();
    wsub_log_info("long", WSUB_KV("value", value), WSUB_KV("next", "n"));
    line = release();
    start = strchr(line, 'a');
    ck_assert_ptr_nonnull(start);
    start = strstr(line, "value=") + strlen("value=");
    start += *start == '"';
    ck_assert_uint_eq(strspn(start, "a"),
                      lengths[_i] < 1024 ? lengths[_i] : 1024);
    ck_assert_ptr_nonnull(strstr(line, " next=n\n"));
}
END_TEST

/* Writes a line of each level; returns how many came through. */
static int lines_at(enum wsub_log_level level)
{
    int count = 0;

    wsub_log_setup(level, WSUB_LOG_TEXT);
    capture();
    wsub_log_error("e");
    wsub_log_warn("w");
    wsub_log_info("i");
    wsub_log_debug("d");
    for (const char *p = release(); *p != '\0'; p++)
        count += *p == '\n';
    return count;
}

START_TEST(a_level_lets_itself_and_the_more_severe_through)
{
    ck_assert_int_eq(lines_at((enum wsub_log_level)_i), _i + 1);
    ck_assert(wsub_log_enabled(WSUB_LOG_ERROR));
    ck_assert(wsub_log_enabled(WSUB_LOG_DEBUG) == (_i == WSUB_LOG_DEBUG));
}
END_TEST

static const struct {
    long long number;
    const char *text;
} numbers[] = {
    {0, "0"},
    {-1, "-1"},
    {9223372036854775807LL, "9223372036854775807"},
    {-9223372036854775807LL - 1, "-9223372036854775808"},
};

START_TEST(every_number_fits_its_room)
{
    char room[24];

    ck_assert_ptr_eq(wsub_log_number(room, numbers[_i].number), room);
    ck_assert_str_eq(room, numbers[_i].text);
}
END_TEST

/* What `count` lines of an event come to. */
static const char *write_lines(int count, const char *error)
{
    char topic[32];

    wsub_log_setup(WSUB_LOG_INFO, WSUB_LOG_TEXT);
    capture();
    for (int i = 0; i < count; i++) {
        snprintf(topic, sizeof(topic), "topic-%d", i);
        if (error != NULL)
            wsub_log_warn("trouble", WSUB_KV("topic", topic),
                          WSUB_KE("error", error));
        else
            wsub_log_warn("told", WSUB_KV("topic", topic), WSUB_KU("n", 1));
    }
    wsub_log_finish();
    return release();
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (const char *p = strstr(text, part); p != NULL; p = strstr(p + 1, part))
        count++;
    return count;
}

START_TEST(lines_about_one_error_are_written_five_times_and_then_counted)
{
    const char *text = write_lines(100, "MISCONF");

    ck_assert_int_eq(count_of(text, "warn trouble"), 6);
    ck_assert_ptr_nonnull(
        strstr(text, "topic=topic-99 error=MISCONF count=95\n"));
}
END_TEST

START_TEST(lines_that_name_different_things_are_all_written)
{
    ck_assert_int_eq(count_of(write_lines(100, NULL), "warn told"), 100);
}
END_TEST

START_TEST(a_line_with_a_count_of_its_own_is_always_written)
{
    wsub_log_setup(WSUB_LOG_INFO, WSUB_LOG_TEXT);
    capture();
    for (int i = 0; i < 20; i++)
        wsub_log_warn("missed", WSUB_KU("count", i));
    wsub_log_finish();
    ck_assert_int_eq(count_of(release(), "warn missed"), 20);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("log");

    tcase_add_loop_test(cases, a_line_is_time_level_event_and_pairs, 0,
                        COUNT(values));
    tcase_add_loop_test(cases, a_line_can_be_one_json_object, 0, COUNT(values));
    tcase_add_test(cases, an_event_needs_no_pairs);
    tcase_add_loop_test(cases, a_long_value_is_cut, 0, COUNT(lengths));
    tcase_add_loop_test(cases, a_level_lets_itself_and_the_more_severe_through,
                        0, WSUB_LOG_DEBUG + 1);
    tcase_add_loop_test(cases, every_number_fits_its_room, 0, COUNT(numbers));
    tcase_add_test(
        cases, lines_about_one_error_are_written_five_times_and_then_counted);
    tcase_add_test(cases, lines_that_name_different_things_are_all_written);
    tcase_add_test(cases, a_line_with_a_count_of_its_own_is_always_written);
    return suite_run("log", cases);
}
