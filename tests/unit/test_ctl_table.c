/* test_ctl_table.c - values and tables as people read them. */
#include <stdlib.h>
#include <string.h>

#include "hub/ctl/table.h"
#include "tests/unit/suite.h"

#define NOW_MS 1000000000000

static const struct {
    const char *json;
    enum hub_ctl_kind kind;
    const char *text;
} values[] = {
    {"\"plain\"", HUB_CTL_TEXT, "plain"},
    {"\"caf\\u00e9\"", HUB_CTL_TEXT, "caf\303\251"},
    {"\"a\\u001b[31mb\\n\"", HUB_CTL_TEXT, "a?[31mb?"},
    {"\"a\\u009bb\"", HUB_CTL_TEXT, "a?b"},
    {"null", HUB_CTL_TEXT, "-"},
    {"null", HUB_CTL_AGE, "-"},
    {"null", HUB_CTL_YES, ""},
    {"true", HUB_CTL_YES, "yes"},
    {"false", HUB_CTL_YES, ""},
    {"false", HUB_CTL_NUMBER, "no"},
    {"-7", HUB_CTL_NUMBER, "-7"},
    {"1.25", HUB_CTL_NUMBER, "1.2"},
    {"1999", HUB_CTL_AGE, "1999 ms"},
    {"2000", HUB_CTL_AGE, "2 s"},
    {"119999", HUB_CTL_AGE, "119 s"},
    {"120000", HUB_CTL_AGE, "2 min"},
    {"7200000", HUB_CTL_AGE, "2 h"},
    {"172800000", HUB_CTL_AGE, "2 d"},
    {"-5", HUB_CTL_AGE, "0 ms"},
    {"999999997000", HUB_CTL_TIME, "3 s ago"},
    {"1000000003000", HUB_CTL_TIME, "in 3 s"},
    {"1000000003", HUB_CTL_DATE, "in 3 s"},
    {"1023", HUB_CTL_BYTES, "1023 B"},
    {"1536", HUB_CTL_BYTES, "1.5 KiB"},
    {"1073741824", HUB_CTL_BYTES, "1.0 GiB"},
};

START_TEST(a_value_is_text_for_people)
{
    json_t *value = json_loads(values[_i].json, JSON_DECODE_ANY, NULL);
    struct wsub_buf out = {0};

    ck_assert_ptr_nonnull(value);
    hub_ctl_add_value(&out, value, values[_i].kind, NOW_MS);
    ck_assert_str_eq(wsub_buf_cstr(&out), values[_i].text);
    wsub_buf_done(&out);
    json_decref(value);
}
END_TEST

static const struct hub_ctl_column columns[] = {
    {"TOPIC", "topic", HUB_CTL_TEXT},
    {"N", "sums.n", HUB_CTL_NUMBER},
    {"WHY", "why", HUB_CTL_TEXT},
    {0},
};

/* What a table of the rows is, `width` characters wide. */
static char *print(const char *const *rows, size_t width)
{
    struct hub_ctl_table *table = hub_ctl_table_new(columns, NOW_MS);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (; *rows != NULL; rows++) {
        json_t *row = json_loads(*rows, 0, NULL);

        ck_assert_ptr_nonnull(row);
        hub_ctl_table_add(table, row);
        json_decref(row);
    }
    hub_ctl_table_print(table, out, width);
    fclose(out);
    hub_ctl_table_free(table);
    return text;
}

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
    static const char *const rows[] = {
        "{\"topic\":\"caf\\u00e9.orders\",\"sums\":{\"n\":7},\"why\":\"x\"}",
        "{\"topic\":\"a\",\"sums\":{\"n\":1234}}", NULL};
    char *text = print(rows, 0);

    ck_assert_str_eq(text, "TOPIC           N  WHY\n"
                           "caf\303\251.orders     7  x\n"
                           "a            1234  -\n");
    free(text);
}
END_TEST

START_TEST(the_widest_gives_way_to_the_terminal)
{
    static const char *const rows[] = {
        "{\"topic\":\"http://publisher.example/a/long/one\","
        "\"sums\":{\"n\":7},\"why\":\"x\"}",
        NULL};
    char *text = print(rows, 24);

    ck_assert_str_eq(text, "TOPIC             N  WHY\n"
                           "http://publishe\342\200\246  7  x\n");
    free(text);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ctl table");

    tcase_add_loop_test(cases, a_value_is_text_for_people, 0, COUNT(values));
    tcase_add_test(cases, columns_are_as_wide_as_their_widest_cell);
    tcase_add_test(cases, the_widest_gives_way_to_the_terminal);
    return suite_run("ctl table", cases);
}
