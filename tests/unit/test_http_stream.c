/* What is sent in responses without an end. */
#include "stream_fixture.h"
#include "tests/unit/suite.h"

START_TEST(a_stream_is_chunked)
{
    struct wsub_buf in = {0};
    int fd;

    fd = open_stream();
    expect_body(fd, &in, "");
    ck_assert_int_eq(strncmp(in.data, "HTTP/1.1 200 OK\r\n", 17), 0);
    ck_assert_ptr_nonnull(
        strstr(in.data, "\r\nContent-Type: text/event-stream\r\n"));
    ck_assert_ptr_nonnull(strstr(in.data, "\r\nCache-Control: no-store\r\n"));
    ck_assert_ptr_nonnull(
        strstr(in.data, "\r\nTransfer-Encoding: chunked\r\n"));
    ck_assert_ptr_nonnull(strstr(in.data, "\r\nConnection: close\r\n"));
    ck_assert_ptr_null(strstr(in.data, "Content-Length"));
    send_text(&feeds[0], "data: 1\n\n");
    send_text(&feeds[0], ""); /* no last chunk */
    send_text(&feeds[0], ": a ping, longer than that\n\n");
    expect_body(fd, &in,
                "9\r\ndata: 1\n\n\r\n"
                "1c\r\n: a ping, longer than that\n\n\r\n");
    ck_assert_uint_eq(wsub_http_stream_unsent(feeds[0].stream), 0);
    end(&feeds[0]);
    read_all(fd, &in);
    ck_assert_str_eq(in.data + in.len - 7, "\r\n0\r\n\r\n");
    close(fd);
    drain_and_wait();
    ck_assert_uint_eq(feeds[0].gone, 0);
    ck_assert_uint_eq(feeds[0].drained, 0);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(a_stream_of_http_1_0_lasts_until_the_close)
{
    struct wsub_buf in = {0};
    int fd = dial();

    first_words = "a";
    give(fd, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect_body(fd, &in, "a");
    ck_assert_ptr_null(strstr(in.data, "Transfer-Encoding"));
    ck_assert_ptr_null(strstr(in.data, "Content-Length"));
    ck_assert_ptr_nonnull(strstr(in.data, "\r\nConnection: close\r\n"));
    send_text(&feeds[0], "bc");
    expect_body(fd, &in, "abc");
    end(&feeds[0]);
    read_all(fd, &in);
    expect_body(fd, &in, "abc");
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(head_gets_the_head_of_a_stream)
{
    struct wsub_buf in = {0};
    int fd = dial();

    give(fd, "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    read_all(fd, &in);
    expect_body(fd, &in, "");
    ck_assert_ptr_nonnull(
        strstr(in.data, "\r\nTransfer-Encoding: chunked\r\n"));
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_null(feeds[0].stream);
    ck_assert_uint_eq(streams(), 0);
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(a_stream_may_start_late_and_behind_other_responses)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, HELLO LATER);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_uint_eq(waiting_count, 1);
    start_feed(waiting[0]);
    send_text(&feeds[0], "x");
    expect_body(fd, &in, "1\r\nx\r\n");
    close(fd);
    WAIT_FOR(base, feeds[0].gone == 1);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(what_a_client_sends_to_a_stream_is_dropped)
{
    static char bytes[60000];
    struct wsub_buf in = {0};
    int fd = dial();

    memset(bytes, 'x', sizeof(bytes));
    give(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
             "abc" HELLO HELLO);
    WAIT_FOR(base, count == 1);
    for (int i = 0; i < 100; i++)
        give_bytes(fd, bytes, sizeof(bytes));
    ck_assert_uint_eq(feeds[0].gone, 0);
    send_text(&feeds[0], "x");
    expect_body(fd, &in, "1\r\nx\r\n");
    end(&feeds[0]);
    read_all(fd, &in);
    expect_body(fd, &in, "1\r\nx\r\n0\r\n\r\n");
    ck_assert_uint_eq(asked, 0);
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

/* The bytes of a chunk of a large stream. */
static void fill(char *bytes, size_t len, size_t seed)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + (seed + i) % 26);
}

/* Undoes the chunks of 1,000 bytes. */
static void check_large(const char *body, size_t chunks)
{
    char expected[1000];

    for (size_t i = 0; i < chunks; i++, body += 1007) {
        fill(expected, sizeof(expected), i);
        ck_assert_int_eq(strncmp(body, "3e8\r\n", 5), 0);
        ck_assert_int_eq(memcmp(body + 5, expected, sizeof(expected)), 0);
        ck_assert_int_eq(memcmp(body + 1005, "\r\n", 2), 0);
    }
    ck_assert_str_eq(body, "0\r\n\r\n");
}

/* What the kernel has taken and the client has not read is bounded, too. */
START_TEST(a_slow_reader_is_seen_in_what_is_unsent)
{
    size_t chunks = LARGE_BYTES / 1000, unsent, before = 0;
    struct wsub_buf in = {0};
    char chunk[1000];
    int fd = dial(), receive = 65536;

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
    give(fd, STREAM);
    WAIT_FOR(base, count == 1);
    for (size_t i = 0; i < chunks; i++) {
        fill(chunk, sizeof(chunk), i);
        wsub_http_stream_send(feeds[0].stream, chunk, sizeof(chunk));
        unsent = wsub_http_stream_unsent(feeds[0].stream);
        ck_assert(unsent == 0 || unsent <= before + 1007);
        before = unsent;
    }
    turn_some();
    ck_assert_uint_eq(feeds[0].drained, 0);
    unsent = wsub_http_stream_unsent(feeds[0].stream);
    ck_assert_uint_gt(unsent, chunks * 1007 - (1u << 20));
    while (unsent > 0) {
        ck_assert(wait_more(fd, &in));
        ck_assert_uint_le(wsub_http_stream_unsent(feeds[0].stream), unsent);
        unsent = wsub_http_stream_unsent(feeds[0].stream);
        ck_assert_uint_le(unsent, chunks * 1007 - (in.len - 300));
    }
    WAIT_FOR(base, feeds[0].drained == 1);
    end(&feeds[0]);
    read_all(fd, &in);
    check_large(strstr(in.data, "\r\n\r\n") + 4, chunks);
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(who_is_told_that_all_was_taken_may_send_on)
{
    struct wsub_buf in = {0};
    int fd = open_stream();

    feeds[0].also = send_large;
    send_large(&feeds[0]);
    while (feeds[0].drained < 2)
        ck_assert(wait_more(fd, &in));
    ck_assert_uint_gt(in.len, LARGE_BYTES);
    close(fd);
    WAIT_FOR(base, feeds[0].gone == 1);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(many_streams_get_the_same)
{
    struct wsub_buf in = {0};
    int fds[STREAMS];

    for (int i = 0; i < STREAMS; i++)
        fds[i] = open_stream();
    ck_assert_uint_eq(streams(), STREAMS);
    for (int i = 0; i < STREAMS; i += 3)
        leave(fds[i], i % 2);
    for (int i = 0; i < STREAMS; i += 3)
        WAIT_FOR(base, feeds[i].gone == 1);
    for (int i = 0; i < STREAMS; i++)
        if (feeds[i].stream != NULL)
            send_text(&feeds[i], "hi");
    for (int i = 0; i < STREAMS; i++) {
        if (i % 3 == 0)
            continue;
        wsub_buf_clear(&in);
        expect_body(fds[i], &in, "2\r\nhi\r\n");
        close(fds[i]);
        WAIT_FOR(base, feeds[i].gone == 1);
    }
    ck_assert_uint_eq(streams(), 0);
    wsub_buf_done(&in);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_stream");

    tcase_add_checked_fixture(tcase, set_up, stop);
    tcase_add_test(tcase, a_stream_is_chunked);
    tcase_add_test(tcase, a_stream_of_http_1_0_lasts_until_the_close);
    tcase_add_test(tcase, head_gets_the_head_of_a_stream);
    tcase_add_test(tcase, a_stream_may_start_late_and_behind_other_responses);
    tcase_add_test(tcase, what_a_client_sends_to_a_stream_is_dropped);
    tcase_add_test(tcase, a_slow_reader_is_seen_in_what_is_unsent);
    tcase_add_test(tcase, who_is_told_that_all_was_taken_may_send_on);
    tcase_add_test(tcase, many_streams_get_the_same);
    return suite_run("http_stream", tcase);
}
