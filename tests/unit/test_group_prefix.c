/* test_group_prefix.c - the prefixes of topic groups. */
#include "common/groups/prefix.h"

#include <string.h>

#include "tests/unit/suite.h"

static const struct {
    const char *text, *prefix; /* NULL: it is none */
} prefixes[] = {
    {"orders", "orders"},
    {"Orders.EU", "orders.eu"},
    {"orders.eu.", "orders.eu"},
    {"orders.*", "orders"},
    {"*", NULL},
    {"", NULL},
    {"a..b", NULL},
    {"a b", NULL},
    {"http://a.example", "http://a.example"},
    {"http://a.example/", "http://a.example"},
    {"HTTP://A.Example:80/%41/b//", "http://a.example/A/b"},
    {"https://a.example:444/x", "https://a.example:444/x"},
    {"https://[::FFFF:1.2.3.4]/", "https://1.2.3.4"},
    {"http://a.example/?q", NULL},
    {"http://a.example/#f", NULL},
    {"ftp://a.example/", NULL},
    {"/a", NULL},
};

START_TEST(a_prefix_has_one_spelling)
{
    struct wsub_buf prefix = {0};
    const char *fault = wsub_group_prefix_parse(prefixes[_i].text, &prefix);

    ck_assert_int_eq(fault == NULL, prefixes[_i].prefix != NULL);
    if (fault == NULL)
        ck_assert_str_eq(prefix.data, prefixes[_i].prefix);
    wsub_buf_done(&prefix);
}
END_TEST

START_TEST(it_has_512_bytes_at_most)
{
    struct wsub_buf prefix = {0};
    char text[WSUB_GROUP_PREFIX_MAX_BYTES + 2];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_ptr_nonnull(wsub_group_prefix_parse(text, &prefix));
    text[sizeof(text) - 2] = '\0';
    ck_assert_ptr_null(wsub_group_prefix_parse(text, &prefix));
    wsub_buf_done(&prefix);
}
END_TEST

static const struct {
    const char *topic, *all; /* the prefixes, separated by spaces */
} above[] = {
    {"a", "a"},
    {"a.b.c", "a.b.c a.b a"},
    {"http://h/", "http://h"},
    {"http://h/a/b", "http://h/a/b http://h/a http://h"},
    {"http://h/a//b?c/d", "http://h/a//b?c/d http://h/a//b?c http://h/a//b "
                          "http://h/a http://h"},
    {"http://h/?q", "http://h/?q http://h"},
    {"HTTP://H:80", "http://h"},
};

START_TEST(a_topic_has_the_prefixes_at_its_borders)
{
    struct wsub_buf prefix = {0}, all = {0};
    size_t len;

    wsub_group_prefix_of(above[_i].topic, &prefix);
    len = prefix.len;
    wsub_buf_add(&all, prefix.data, len);
    while (wsub_group_prefix_up(prefix.data, &len)) {
        wsub_buf_char(&all, ' ');
        wsub_buf_add(&all, prefix.data, len);
    }
    ck_assert_str_eq(all.data, above[_i].all);
    wsub_buf_done(&prefix);
    wsub_buf_done(&all);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("group_prefix");

    tcase_add_loop_test(tests, a_prefix_has_one_spelling, 0, COUNT(prefixes));
    tcase_add_test(tests, it_has_512_bytes_at_most);
    tcase_add_loop_test(tests, a_topic_has_the_prefixes_at_its_borders, 0,
                        COUNT(above));
    return suite_run("group_prefix", tests);
}
