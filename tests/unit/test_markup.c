#include "common/http/markup.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const struct {
    const char *content;
    size_t harmless; /* bytes; 0: all */
} cases[] = {
    {"", 0},
    {"<a/>", 0},
    {"<!-- a - b -->", 0},
    {"<!---->", 0},
    {"<!----><a/><!-- -->", 0},
    {"<!-- <!- > -->", 0},
    {"<!-- a", 0},
    {"<!-- a -", 0},
    {"<!-- a --", 0},
    {"<!-", 0},
    {"<", 0},
    {"a -- b <c d='--'/>", 0},
    {"<![CDATA[<!-- a -- b -->]]>", 0},
    {"<![CDATA[<!-- a -- b", 0},
    {"<?a <!-- a -- b ?>", 0},
    {"<!-- <![CDATA[ -->", 0},
    {"<a><!-- a -- b --></a>", 3},
    {"<a><!-- a ---></a>", 3},
    {"<!-- a --><!-- ----", 10},
    {"<!-- <?a --><!-- a -- -->", 12},
    {"<![CDATA[<!-- -- ]]><!-- -- -->", 20},
    {"<?a <!-- -- ?><!-- -- -->", 14},
};

/* In memory of exactly its size, for ASan to watch. */
static size_t look(const char *content, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    size_t found;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, content, len);
    found = wsub_markup_harmless(copy, len);
    free(copy);
    return found;
}

START_TEST(a_malformed_comment_is_found)
{
    size_t len = strlen(cases[_i].content);
    size_t wanted = cases[_i].harmless > 0 ? cases[_i].harmless : len;

    ck_assert_uint_eq(look(cases[_i].content, len), wanted);
}
END_TEST

START_TEST(no_cut_does_harm)
{
    for (size_t len = 0; len < strlen(cases[_i].content); len++)
        ck_assert_uint_le(look(cases[_i].content, len), len);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("markup");

    tcase_add_loop_test(tcase, a_malformed_comment_is_found, 0, COUNT(cases));
    tcase_add_loop_test(tcase, no_cut_does_harm, 0, COUNT(cases));
    return suite_run("markup", tcase);
}
