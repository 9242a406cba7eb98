/* test_utf8.c - which bytes are a character (RFC 3629 section 3 and 4). */
#include <string.h>

#include "common/base/utf8.h"
#include "tests/unit/suite.h"

static const struct {
    const char *bytes;
    size_t len;
    size_t is; /* of the first character */
} characters[] = {
    {"a", 1, 1},
    {"ab", 2, 1},
    {"", 1, 0}, /* a zero byte */
    {"\303\251", 2, 2},
    {"\303\251", 1, 0},
    {"\303a", 2, 0},
    {"\251", 1, 0},
    {"\300\200", 2, 0}, /* longer than it need be */
    {"\342\202\254", 3, 3},
    {"\355\240\200", 3, 0}, /* a surrogate */
    {"\360\237\230\200", 4, 4},
    {"\364\217\277\277", 4, 4}, /* U+10FFFF */
    {"\364\220\200\200", 4, 0},
    {"\377", 1, 0},
};

START_TEST(a_character_has_its_bytes_or_is_none)
{
    ck_assert_uint_eq(
        wsub_utf8_char_bytes(characters[_i].bytes, characters[_i].len),
        characters[_i].is);
}
END_TEST

START_TEST(all_of_a_text_must_be_characters)
{
    static const char good[] = "caf\303\251 \342\202\254";
    static const char bad[] = "caf\303\251 \342\202";

    ck_assert(wsub_utf8_is("", 0));
    ck_assert(wsub_utf8_is(good, strlen(good)));
    ck_assert(!wsub_utf8_is(bad, strlen(bad)));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("utf8");

    tcase_add_loop_test(cases, a_character_has_its_bytes_or_is_none, 0,
                        COUNT(characters));
    tcase_add_test(cases, all_of_a_text_must_be_characters);
    return suite_run("utf8", cases);
}
