/* test_trace.c - traceparent and tracestate. */
#include "common/http/trace.h"

#include <string.h>

#include "tests/unit/suite.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static const struct {
    const char *text;
    bool valid;
} cases[] = {
    {"00-" TRACE "-" SPAN "-01", true},
    {"00-" TRACE "-" SPAN "-00", true},
    {"00-" TRACE "-" SPAN "-ff", true},
    {"cc-" TRACE "-" SPAN "-01", true},
    {"cc-" TRACE "-" SPAN "-01-more", true},
    {"cc-" TRACE "-" SPAN "-01more", false},
    {"00-" TRACE "-" SPAN "-01-more", false},
    {"00-" TRACE "-" SPAN "-01-", false},
    {"ff-" TRACE "-" SPAN "-01", false},
    {"0-" TRACE "-" SPAN "-01", false},
    {"00-00000000000000000000000000000000-" SPAN "-01", false},
    {"00-" TRACE "-0000000000000000-01", false},
    {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", false},
    {"00-" TRACE "-" SPAN "-0g", false},
    {"00-" TRACE "-" SPAN "-0", false},
    {"00_" TRACE "-" SPAN "-01", false},
    {"00-" TRACE "_" SPAN "-01", false},
    {"00-" TRACE "-" SPAN "_01", false},
    {" 0-" TRACE "-" SPAN "-01", false},
    {"", false},
};

START_TEST(a_traceparent_is_valid_or_not)
{
    ck_assert_msg(
        wsub_traceparent_is_valid(cases[_i].text, strlen(cases[_i].text)) ==
            cases[_i].valid,
        "%s", cases[_i].text);
}
END_TEST

START_TEST(a_zero_byte_makes_none)
{
    char text[WSUB_TRACEPARENT_LEN + 1] = "00-" TRACE "-" SPAN "-01";

    text[10] = '\0';
    ck_assert(!wsub_traceparent_is_valid(text, WSUB_TRACEPARENT_LEN));
}
END_TEST

START_TEST(a_child_has_the_trace_and_a_span_of_its_own)
{
    char text[WSUB_TRACEPARENT_LEN + 1];

    wsub_traceparent_child("00-" TRACE "-" SPAN "-01", 0xabc, text);
    ck_assert_str_eq(text, "00-" TRACE "-0000000000000abc-01");
    ck_assert(wsub_traceparent_is_valid(text, strlen(text)));
    wsub_traceparent_child("cc-" TRACE "-" SPAN "-fe-more", 0, text);
    ck_assert_str_eq(text, "00-" TRACE "-0000000000000001-00");
    wsub_traceparent_child("00-" TRACE "-" SPAN "-03", UINT64_MAX, text);
    ck_assert_str_eq(text, "00-" TRACE "-ffffffffffffffff-01");
}
END_TEST

START_TEST(a_tracestate_is_bounded_and_printable)
{
    char text[WSUB_TRACESTATE_MAX_BYTES + 2];

    memset(text, 'a', sizeof(text));
    ck_assert(wsub_tracestate_is_valid(text, WSUB_TRACESTATE_MAX_BYTES));
    ck_assert(!wsub_tracestate_is_valid(text, WSUB_TRACESTATE_MAX_BYTES + 1));
    ck_assert(!wsub_tracestate_is_valid(text, 0));
    ck_assert(wsub_tracestate_is_valid("a=1,b=2", 7));
    ck_assert(!wsub_tracestate_is_valid("a=1\r\nx: y", 9));
    ck_assert(!wsub_tracestate_is_valid("a\xc3\xa4", 3));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("trace");

    tcase_add_loop_test(tcase, a_traceparent_is_valid_or_not, 0,
                        sizeof(cases) / sizeof(*cases));
    tcase_add_test(tcase, a_zero_byte_makes_none);
    tcase_add_test(tcase, a_child_has_the_trace_and_a_span_of_its_own);
    tcase_add_test(tcase, a_tracestate_is_bounded_and_printable);
    return suite_run("trace", tcase);
}
