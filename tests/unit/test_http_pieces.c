/* Requests that come in pieces, one behind the other, or as long as they may be. */
#include "http_fixture.h"

#include "tests/unit/suite.h"

#define HOST "Host: a\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* Two requests each, so that the border between them is cut as well. */
static const char *const pairs[] = {
    HELLO HELLO,
    POST "X-Test: a\r\nContent-Length: 5\r\nX-Test: b\r\n\r\nabcde" HELLO,
    CHUNKED "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\nV: w\r\n\r\n" HELLO,
    "\r\nGET http://h/echo?q HTTP/1.1\r\n" HOST "\r\n\r\n" HELLO,
    "HEAD /hello HTTP/1.1\r\n" HOST "\r\n" HELLO,
    POST
    "A:\r\nX-Test: a\r\nB: \r\nContent-Length: 5\r\nC:\t\r\n\r\nabcde" HELLO,
    POST "Cookie:\r\nTransfer-Encoding: chunked\r\nX-Test:\r\n\r\n"
         "1\r\na\r\n0\r\nT:\r\nU: \r\n\r\n" HELLO,
};

static void take_pair(int fd, bool head_only, struct wsub_buf *ret_text)
{
    struct wsub_buf in = {0}, text = {0};

    ck_assert_int_ne(take_answer(fd, &in, head_only, &text), 0);
    wsub_buf_str(ret_text, strchr(text.data, '\n'));
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}

/* Without the date, which may change between two. */
static void cut_date(struct wsub_buf *text)
{
    char *date = strstr(text->data, "Date: ");

    ck_assert_ptr_nonnull(date);
    memset(date, '-', 35);
}

START_TEST(a_request_may_come_in_any_two_pieces)
{
    const char *raw = pairs[_i];
    bool head_only = strncmp(raw, "HEAD", 4) == 0;
    struct wsub_buf whole = {0}, cut = {0};
    int fd = dial();

    give(fd, raw);
    take_pair(fd, head_only, &whole);
    cut_date(&whole);
    for (size_t at = 1; at < strlen(raw); at++) {
        give_bytes(fd, raw, at);
        turn_some();
        give(fd, raw + at);
        wsub_buf_clear(&cut);
        take_pair(fd, head_only, &cut);
        cut_date(&cut);
        ck_assert_str_eq(cut.data, whole.data);
    }
    close(fd);
    wsub_buf_done(&whole);
    wsub_buf_done(&cut);
}
END_TEST

START_TEST(a_request_may_come_byte_by_byte)
{
    struct wsub_buf text = {0};
    int fd = dial();

    for (const char *p = pairs[_i]; *p != '\0'; p++) {
        give_bytes(fd, p, 1);
        turn_some();
    }
    take_pair(fd, strncmp(pairs[_i], "HEAD", 4) == 0, &text);
    close(fd);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(a_waiting_client_is_told_to_continue)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    ck_assert_int_eq(take_answer(fd, &in, true, &text), 100);
    ck_assert_str_eq(text.data, "HTTP/1.1 100 Continue\r\n\r\n");
    give(fd, "a");
    ck_assert(nothing_came(fd));
    give(fd, "b");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 202);
    ck_assert_ptr_nonnull(strstr(text.data, " ab"));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

/* A head of `len` bytes with `fields` headers. */
static void make_head(struct wsub_buf *out, size_t fields, size_t len)
{
    wsub_buf_str(out, "GET /hello HTTP/1.1\r\n" HOST);
    for (size_t i = 2; i < fields; i++)
        wsub_buf_printf(out, "X-%zu: y\r\n", i);
    wsub_buf_str(out, "X-Pad: ");
    while (out->len + 4 < len)
        wsub_buf_char(out, 'p');
    wsub_buf_str(out, "\r\n\r\n");
}

static const struct {
    size_t fields, len;
    int status;
} heads[] = {
    {100, 0, 200},   {101, 0, 431},     {2, 16384, 200},
    {2, 16385, 431}, {2, 1000000, 431},
};

START_TEST(the_head_has_limits)
{
    struct wsub_buf head = {0};
    int fd = dial();

    make_head(&head, heads[_i].fields, heads[_i].len);
    give_bytes(fd, head.data, head.len);
    ck_assert_int_eq(take_status(fd), heads[_i].status);
    if (heads[_i].status != 200)
        ck_assert(is_ended(fd));
    close(fd);
    wsub_buf_done(&head);
}
END_TEST

START_TEST(an_endless_line_is_refused_before_it_ends)
{
    static const char *const begins[] = {
        "", "GET /hello HTTP/1.1\r\nX: ", CHUNKED "1;", CHUNKED "0\r\nX: "};
    static const int statuses[] = {414, 431, 400, 431};
    struct wsub_buf raw = {0};
    int fd = dial();

    wsub_buf_str(&raw, begins[_i]);
    for (int i = 0; i < 20000; i++)
        wsub_buf_char(&raw, 'x');
    give_bytes(fd, raw.data, raw.len);
    ck_assert_int_eq(take_status(fd), statuses[_i]);
    ck_assert(is_ended(fd));
    close(fd);
    wsub_buf_done(&raw);
}
END_TEST

START_TEST(trailers_have_the_limits_of_headers)
{
    struct wsub_buf raw = {0};
    int fd = dial();

    wsub_buf_str(&raw, CHUNKED "0\r\n");
    for (int i = 0; i < 100 + _i; i++)
        wsub_buf_str(&raw, "T: u\r\n");
    wsub_buf_str(&raw, "\r\n");
    give_bytes(fd, raw.data, raw.len);
    ck_assert_int_eq(take_status(fd), _i == 0 ? 202 : 431);
    close(fd);
    wsub_buf_done(&raw);
}
END_TEST

START_TEST(the_largest_body_is_taken)
{
    struct wsub_buf raw = {0};
    int fd = dial();

    wsub_buf_str(&raw, _i == 0 ? POST "Content-Length: 1000\r\n\r\n"
                               : CHUNKED "3e8\r\n");
    for (int i = 0; i < MAX_BODY; i++)
        wsub_buf_char(&raw, 'b');
    wsub_buf_str(&raw, _i == 0 ? HELLO : "\r\n0\r\n\r\n" HELLO);
    give_bytes(fd, raw.data, raw.len);
    WAIT_FOR(base, asked == 2);
    close(fd);
    wsub_buf_done(&raw);
}
END_TEST

START_TEST(many_pipelined_requests_are_answered_in_order)
{
    const int count = 5000;
    struct wsub_buf raw = {0}, in = {0}, text = {0};
    char expected[64];
    int fd = dial();

    for (int i = 0; i < count; i++)
        wsub_buf_printf(&raw, "GET /echo?%d HTTP/1.1\r\n" HOST "\r\n", i);
    give_bytes(fd, raw.data, raw.len);
    for (int i = 0; i < count; i++) {
        snprintf(expected, sizeof(expected), "/echo ?%d x=", i);
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 202);
        ck_assert_ptr_nonnull(strstr(text.data, expected));
    }
    close(fd);
    wsub_buf_done(&raw);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_pieces");

    tcase_add_checked_fixture(tcase, start_plain, stop);
    tcase_add_loop_test(tcase, a_request_may_come_in_any_two_pieces, 0,
                        COUNT(pairs));
    tcase_add_loop_test(tcase, a_request_may_come_byte_by_byte, 0,
                        COUNT(pairs));
    tcase_add_test(tcase, a_waiting_client_is_told_to_continue);
    tcase_add_loop_test(tcase, the_head_has_limits, 0, COUNT(heads));
    tcase_add_loop_test(tcase, an_endless_line_is_refused_before_it_ends, 0, 4);
    tcase_add_loop_test(tcase, trailers_have_the_limits_of_headers, 0, 2);
    tcase_add_loop_test(tcase, the_largest_body_is_taken, 0, 2);
    tcase_add_test(tcase, many_pipelined_requests_are_answered_in_order);
    return suite_run("http_pieces", tcase);
}
