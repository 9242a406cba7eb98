/* test_lines.c - lines of a body that comes in parts. */
#include "hub/lines.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

/* Gives `text` in parts of `piece` bytes, and writes what comes: each line in brackets,
 * `!` for one that is too long. */
static void read_all(const char *text, size_t piece, struct wsub_buf *ret_seen)
{
    struct hub_lines lines = {0};
    size_t total = strlen(text), at = 0, len;
    const char *line;
    enum hub_line found;

    do {
        size_t n = total - at < piece ? total - at : piece;

        hub_lines_add(&lines, text + at, n, at + n == total);
        at += n;
        while ((found = hub_lines_next(&lines, &line, &len)) != HUB_LINE_NONE)
            if (found == HUB_LINE)
                wsub_buf_printf(ret_seen, "[%.*s]", len < 9 ? (int)len : 9,
                                line);
            else
                wsub_buf_char(ret_seen, '!');
    } while (at < total);
    hub_lines_done(&lines);
}

static const struct {
    const char *text, *seen;
} cases[] = {
    {"", ""},
    {"\n", "[]"},
    {"a", "[a]"},
    {"a\n", "[a]"},
    {"a\r\nb", "[a][b]"},
    {"a\n\nb\n", "[a][][b]"},
    {"\r\n\r\n", "[][]"},
    {"one\ntwo\nthree", "[one][two][three]"},
};

START_TEST(lines_are_the_same_in_whatever_parts_they_come)
{
    struct wsub_buf seen = {0};

    for (size_t piece = 1; piece < 20; piece++) {
        wsub_buf_clear(&seen);
        read_all(cases[_i].text, piece, &seen);
        ck_assert_str_eq(wsub_buf_cstr(&seen), cases[_i].seen);
    }
    wsub_buf_done(&seen);
}
END_TEST

#define LONG (HUB_LINE_MAX_BYTES + 1)

/* A line of LONG - 1 bytes is one; LONG is too long.  `end` stands behind it. */
static void check_long(size_t len, const char *end, const char *want)
{
    static const size_t pieces[] = {1000, HUB_LINE_MAX_BYTES, LONG, 3 * LONG};
    char *text = malloc(len + 32);

    ck_assert_ptr_nonnull(text);
    memcpy(text, "a\n", 2);
    memset(text + 2, 'x', len);
    snprintf(text + 2 + len, 16, "%s", end);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        struct wsub_buf seen = {0};

        read_all(text, pieces[i], &seen);
        ck_assert_str_eq(wsub_buf_cstr(&seen), want);
        wsub_buf_done(&seen);
    }
    free(text);
}

START_TEST(a_line_that_is_too_long_is_skipped)
{
    check_long(LONG - 1, "\nb\n", "[a][xxxxxxxxx][b]");
    check_long(LONG, "\nb\n", "[a]![b]");
    check_long(LONG, "\n\nb", "[a]![][b]");
    check_long(2 * LONG, "\nb", "[a]![b]");
    check_long(2 * LONG, "\n", "[a]!");
    check_long(2 * LONG, "", "[a]!");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("lines");

    tcase_add_loop_test(tcase, lines_are_the_same_in_whatever_parts_they_come,
                        0, COUNT(cases));
    tcase_add_test(tcase, a_line_that_is_too_long_is_skipped);
    return suite_run("lines", tcase);
}
