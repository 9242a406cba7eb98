/* How responses without an end begin and end. */
#include "stream_fixture.h"
#include "tests/unit/suite.h"

START_TEST(a_stream_ends_when_its_client_is_gone)
{
    int fd = open_stream();

    turn_some();
    ck_assert_uint_eq(streams(), 1);
    leave(fd, _i);
    WAIT_FOR(base, feeds[0].gone == 1);
    ck_assert_uint_eq(streams(), 0);
    if (_i == 2)
        close(fd);
    drain_and_wait();
    ck_assert_uint_eq(feeds[0].gone, 1);
}
END_TEST

START_TEST(there_is_no_stream_for_a_client_that_has_gone)
{
    int fd = dial();

    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    leave(fd, _i);
    turn_some();
    start_feed(waiting[0]);
    ck_assert_ptr_null(feeds[0].stream);
    ck_assert_uint_eq(streams(), 0);
    if (_i == 2)
        close(fd);
    drain_and_wait();
    ck_assert_uint_eq(feeds[0].gone, 0);
}
END_TEST

START_TEST(a_break_that_is_met_in_sending_is_told_later)
{
    int fd = open_stream();

    turn_some();
    slam(fd);
    send_text(&feeds[0], "a");
    send_text(&feeds[0], "b");
    ck_assert_uint_eq(feeds[0].gone, 0);
    ck_assert_ptr_nonnull(feeds[0].stream);
    if (_i == 0) {
        WAIT_FOR(base, feeds[0].gone == 1);
    } else {
        if (_i == 1)
            end(&feeds[0]);
        else
            cut(&feeds[0]);
    }
    drain_and_wait();
    ck_assert_uint_eq(feeds[0].gone, _i == 0);
}
END_TEST

START_TEST(a_half_sent_break_is_told_when_the_handler_has_sent)
{
    int fd = dial();

    give(fd, LATER STREAM);
    WAIT_FOR(base, waiting_count == 1);
    turn_some();
    slam(fd);
    first_words = "lost";
    answer_next("lost too");
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(feeds[0].gone, 0);
    ck_assert_ptr_nonnull(feeds[0].stream);
    WAIT_FOR(base, feeds[0].gone == 1);
    drain_and_wait();
}
END_TEST

START_TEST(who_is_told_that_all_was_taken_may_end_it)
{
    static void (*const ways[])(struct feed *) = {end, cut, free_server};
    struct wsub_buf in = {0};
    int fd = open_stream();

    feeds[0].also = ways[_i];
    send_large(&feeds[0]);
    while (wait_more(fd, &in))
        if (feeds[0].drained == 1 && _i > 0)
            break;
    ck_assert_uint_eq(feeds[0].drained, 1);
    ck_assert_ptr_null(feeds[0].stream);
    ck_assert_uint_eq(feeds[0].gone, _i == 2);
    ck_assert_uint_eq(streams(), 0);
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(an_end_sends_what_is_unsent)
{
    struct wsub_buf in = {0};
    int fd = open_stream();

    send_large(&feeds[0]);
    end(&feeds[0]);
    ck_assert_uint_eq(streams(), 0);
    read_all(fd, &in);
    ck_assert_uint_gt(in.len, LARGE_BYTES);
    ck_assert_int_eq(memcmp(in.data + in.len - 7, "\r\n0\r\n\r\n", 7), 0);
    ck_assert_uint_eq(feeds[0].gone + feeds[0].drained, 0);
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(who_does_not_read_the_end_is_cut_off)
{
    int fd;

    restart(50, 100);
    fd = open_stream();
    send_large(&feeds[0]);
    end(&feeds[0]);
    drain_and_wait();
    close(fd);
}
END_TEST

START_TEST(a_cut_resets_the_connection)
{
    char bytes[65536];
    int fd = open_stream();
    ssize_t n;

    send_large(&feeds[0]);
    cut(&feeds[0]);
    turn_some();
    do
        n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    while (n > 0);
    ck_assert_int_eq(n, -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
    drain_and_wait();
    ck_assert_uint_eq(feeds[0].gone + feeds[0].drained, 0);
}
END_TEST

START_TEST(a_handler_may_end_what_it_starts)
{
    static const char *const raws[] = {
        HELLO "GET /end HTTP/1.1\r\nHost: a\r\n\r\n" HELLO,
        HELLO "GET /cut HTTP/1.1\r\nHost: a\r\n\r\n" HELLO,
        HELLO "GET /free HTTP/1.1\r\nHost: a\r\n\r\n" HELLO,
        HELLO "GET /freed HTTP/1.1\r\nHost: a\r\n\r\n" HELLO,
    };
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    first_words = "x";
    give(fd, raws[_i]);
    WAIT_FOR(base, count == 1);
    if (_i == 0) {
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
        read_all(fd, &in);
        expect_body(fd, &in, "1\r\nx\r\n0\r\n\r\n");
    }
    turn_some();
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(feeds[0].gone, _i == 2);
    ck_assert_uint_eq(streams(), 0);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

/* Neither time nor others close a stream. */
START_TEST(a_quiet_stream_stays)
{
    struct wsub_buf in = {0};
    uint64_t until_ms;
    int fd, others[10];

    restart(20, 2);
    fd = open_stream();
    for (int i = 0; i < 10; i++) {
        others[i] = dial();
        turn_some();
    }
    until_ms = wsub_now_ms() + 300;
    WAIT_FOR(base, wsub_now_ms() > until_ms);
    ck_assert_uint_eq(feeds[0].gone, 0);
    send_text(&feeds[0], "x");
    expect_body(fd, &in, "1\r\nx\r\n");
    for (int i = 0; i < 10; i++)
        close(others[i]);
    close(fd);
    wsub_buf_done(&in);
}
END_TEST

START_TEST(a_stream_outlasts_a_drain)
{
    struct wsub_buf in = {0};
    int fds[3] = {open_stream(), open_stream(), open_stream()};

    wsub_http_server_drain(server, on_empty_of_test, NULL);
    turn_some();
    send_text(&feeds[0], "x");
    expect_body(fds[0], &in, "1\r\nx\r\n");
    ck_assert_uint_eq(emptied, 0);
    end(&feeds[0]);
    read_all(fds[0], &in);
    close(fds[0]);
    close(fds[1]);
    WAIT_FOR(base, feeds[1].gone == 1);
    turn_some();
    ck_assert_uint_eq(emptied, 0);
    cut(&feeds[2]);
    WAIT_FOR(base, emptied == 1);
    close(fds[2]);
    wsub_buf_done(&in);
}
END_TEST

static void end_all(struct feed *feed)
{
    (void)feed;
    for (size_t i = 0; i < count; i++)
        if (feeds[i].stream != NULL)
            (i % 2 == 0 ? end : cut)(&feeds[i]);
}

static void send_to_all(struct feed *feed)
{
    (void)feed;
    for (size_t i = 0; i < count; i++)
        if (feeds[i].stream != NULL)
            send_text(&feeds[i], "the last");
}

static void answer_waiting(struct feed *feed)
{
    (void)feed;
    answer_next("too late");
}

START_TEST(a_server_that_goes_tells_the_owners_of_streams)
{
    static void (*const ways[])(struct feed *) = {NULL, end_all, send_to_all,
                                                  answer_waiting};
    int fds[5], other = dial();
    size_t gone = 0;

    for (int i = 0; i < 5; i++) {
        fds[i] = open_stream();
        feeds[i].also = i == 3 ? ways[_i] : NULL;
    }
    send_large(&feeds[1]);
    give(other, LATER HELLO);
    WAIT_FOR(base, waiting_count == 1);
    free_server(NULL);
    for (int i = 0; i < 5; i++) {
        gone += feeds[i].gone;
        ck_assert_ptr_null(feeds[i].stream);
        close(fds[i]);
    }
    ck_assert(_i == 1 ? gone < 5 : gone == 5);
    ck_assert_uint_eq(streams(), 0);
    if (waiting_count > 0)
        answer_next("too late");
    ck_assert_uint_eq(asked, 1);
    close(other);
}
END_TEST

START_TEST(who_is_told_that_its_client_is_gone_may_do_anything)
{
    static void (*const ways[])(struct feed *) = {end_all, send_to_all,
                                                  free_server};
    int fds[5];

    for (int i = 0; i < 5; i++)
        fds[i] = open_stream();
    feeds[2].also = ways[_i];
    leave(fds[2], 1);
    WAIT_FOR(base, feeds[2].gone == 1);
    turn_some();
    for (int i = 0; i < 5; i++)
        if (i != 2)
            close(fds[i]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_stream_life");

    tcase_add_checked_fixture(tcase, set_up, stop);
    tcase_add_loop_test(tcase, a_stream_ends_when_its_client_is_gone, 0, 3);
    tcase_add_loop_test(tcase, there_is_no_stream_for_a_client_that_has_gone, 0,
                        3);
    tcase_add_loop_test(tcase, a_break_that_is_met_in_sending_is_told_later, 0,
                        3);
    tcase_add_test(tcase, a_half_sent_break_is_told_when_the_handler_has_sent);
    tcase_add_loop_test(tcase, who_is_told_that_all_was_taken_may_end_it, 0, 3);
    tcase_add_test(tcase, an_end_sends_what_is_unsent);
    tcase_add_test(tcase, who_does_not_read_the_end_is_cut_off);
    tcase_add_test(tcase, a_cut_resets_the_connection);
    tcase_add_loop_test(tcase, a_handler_may_end_what_it_starts, 0, 4);
    tcase_add_test(tcase, a_quiet_stream_stays);
    tcase_add_test(tcase, a_stream_outlasts_a_drain);
    tcase_add_loop_test(tcase, a_server_that_goes_tells_the_owners_of_streams,
                        0, 4);
    tcase_add_loop_test(
        tcase, who_is_told_that_its_client_is_gone_may_do_anything, 0, 3);
    return suite_run("http_stream_life", tcase);
}
