/* The life of a server and its connections. */
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/server.h"
#include "http_fixture.h"

#include <sys/resource.h>

#include "tests/unit/suite.h"

START_TEST(answers_given_later_keep_their_order)
{
    struct wsub_buf in = {0}, text = {0};
    int fd;

    start_plain();
    fd = dial();
    give(fd, LATER HELLO LATER HELLO);
    WAIT_FOR(base, waiting_count == 1);
    ck_assert(nothing_came(fd));
    ck_assert_uint_eq(asked, 1);
    answer_next("first");
    ck_assert_uint_eq(waiting_count, 1);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "first"));
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "hello"));
    answer_next("second");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "second"));
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "hello"));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

START_TEST(a_request_stays_as_it_was_until_its_answer)
{
    const char *test, *body;
    size_t len;
    int fd;

    start_plain();
    fd = dial();
    give(fd, "POST /later?q HTTP/1.1\r\nHost: a\r\nX-Test: a\r\nX-Test: b\r\n"
             "Content-Length: 4\r\n\r\nbody");
    WAIT_FOR(base, waiting_count == 1);
    test = wsub_http_header(waiting[0], "X-TEST");
    body = wsub_http_body(waiting[0], &len);
    for (int i = 0; i < 100; i++)
        give(fd, HELLO);
    turn_some();
    ck_assert_str_eq(test, "a, b");
    ck_assert_str_eq(body, "body");
    ck_assert_uint_eq(len, 4);
    ck_assert_str_eq(wsub_http_method(waiting[0]), "POST");
    ck_assert_str_eq(wsub_http_path(waiting[0]), "/later");
    ck_assert_str_eq(wsub_http_query(waiting[0]), "q");
    ck_assert_ptr_null(wsub_http_header(waiting[0], "X-Tes"));
    answer_next("done");
    WAIT_FOR(base, asked == 101);
    close(fd);
    stop();
}
END_TEST

START_TEST(little_is_read_while_an_answer_is_due)
{
    struct wsub_buf in = {0}, text = {0};
    size_t sent = 0;
    ssize_t n;
    char bytes[4096] = "\n"; /* a bare LF */
    int idle = 0, fd;

    start_plain();
    fd = dial();
    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    /* Once nothing moves over many turns the server has stopped to read. */
    while (idle < 50) {
        n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT);
        idle = n > 0 ? 0 : idle + 1;
        sent += n > 0 ? (size_t)n : 0;
        ck_assert_uint_lt(sent, 64u << 20);
        turn();
    }
    answer_next("late");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 400);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    slam(fd);
    stop();
}
END_TEST

START_TEST(a_client_that_half_closes_gets_its_answers)
{
    struct wsub_buf in = {0}, text = {0};
    int fd;

    start_plain();
    fd = dial();
    give(fd, LATER HELLO);
    shutdown(fd, SHUT_WR);
    WAIT_FOR(base, waiting_count == 1);
    turn_some();
    answer_next("first");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "first"));
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert(is_ended(fd));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

START_TEST(a_request_outlives_its_client)
{
    int fd;

    start_plain();
    fd = dial();
    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    if (_i == 0)
        close(fd);
    else
        slam(fd);
    turn_some();
    ck_assert_str_eq(wsub_http_path(waiting[0]), "/later");
    if (_i == 1) {
        drain_and_wait();
        ck_assert_str_eq(wsub_http_path(waiting[0]), "/later");
    }
    wsub_http_respond_header(waiting[0], "X", "y");
    answer_next("to nobody");
    if (_i == 0)
        drain_and_wait();
    stop();
}
END_TEST

#define UPLOAD "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"

START_TEST(half_a_request_and_then_the_end)
{
    static const char *const raws[] = {"", "\r\n", "GET / HT", UPLOAD "abc"};
    int fd;

    start_plain();
    fd = dial();
    give(fd, raws[_i]);
    shutdown(fd, SHUT_WR);
    ck_assert(is_ended(fd));
    ck_assert_uint_eq(asked, 0);
    close(fd);
    drain_and_wait();
    stop();
}
END_TEST

START_TEST(a_slow_request_is_answered_408)
{
    static const char *const raws[] = {
        "G",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nabc",
        HELLO "G"};
    struct wsub_http_server_options options = options_of_test();
    struct wsub_buf in = {0}, text = {0};
    int fd;

    options.request_timeout_ms = 20;
    start(&options);
    fd = dial();
    give(fd, raws[_i]);
    if (_i == 5)
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 408);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nConnection: close\r\n"));
    ck_assert(is_ended(fd));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

/* Each byte comes in time, the request does not. */
START_TEST(a_dripping_request_is_answered_408)
{
    struct wsub_http_server_options options = options_of_test();
    struct wsub_buf in = {0};
    int fd;

    options.request_timeout_ms = 20;
    start(&options);
    fd = dial();
    give(fd, "GET / HTTP/1.1\r\nX: ");
    while (in.len == 0) {
        ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
        turn();
        poll(NULL, 0, 1);
        ck_assert(take_some(fd, &in));
    }
    ck_assert_int_eq(strncmp(in.data, "HTTP/1.1 408 ", 13), 0);
    close(fd);
    wsub_buf_done(&in);
    stop();
}
END_TEST

START_TEST(an_idle_connection_is_closed_silently)
{
    struct wsub_http_server_options options = options_of_test();
    int fd;

    options.idle_timeout_ms = 20;
    start(&options);
    fd = dial();
    if (_i == 1) {
        give(fd, HELLO);
        ck_assert_int_eq(take_status(fd), 200);
    }
    ck_assert(is_ended(fd));
    close(fd);
    stop();
}
END_TEST

START_TEST(a_handler_may_take_longer_than_any_timeout)
{
    struct wsub_http_server_options options = options_of_test();
    uint64_t later_ms;
    int fd;

    options.idle_timeout_ms = options.request_timeout_ms = 10;
    start(&options);
    fd = dial();
    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    later_ms = wsub_now_ms() + 50;
    WAIT_FOR(base, wsub_now_ms() > later_ms);
    answer_next("patience");
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
    stop();
}
END_TEST

START_TEST(a_big_answer_arrives_whole)
{
    struct wsub_buf in = {0}, text = {0};
    int fd;

    start_plain();
    fd = dial();
    give(fd, BIG BIG HELLO);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
        ck_assert_uint_gt(text.len, BIG_BYTES);
    }
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "hello"));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

START_TEST(who_does_not_read_gets_no_more_answers)
{
    int fd;

    start_plain();
    fd = dial();
    for (int i = 0; i < 10; i++)
        give(fd, BIG);
    turn_some();
    ck_assert_uint_eq(asked, 1);
    slam(fd);
    drain_and_wait();
    ck_assert_uint_eq(asked, 1);
    stop();
}
END_TEST

START_TEST(who_does_not_read_in_time_is_cut_off)
{
    struct wsub_http_server_options options = options_of_test();
    int fd;

    options.request_timeout_ms = 20;
    start(&options);
    fd = dial();
    give(fd, BIG);
    WAIT_FOR(base, asked == 1);
    drain_and_wait();
    close(fd);
    stop();
}
END_TEST

START_TEST(who_reads_byte_by_byte_is_cut_off_too)
{
    struct wsub_http_server_options options = options_of_test();
    char byte;
    int fd;

    options.request_timeout_ms = 50;
    start(&options);
    fd = dial();
    give(fd, BIG);
    WAIT_FOR(base, asked == 1);
    wsub_http_server_drain(server, on_empty_of_test, NULL);
    while (emptied == 0) {
        ck_assert_int_eq(recv(fd, &byte, 1, 0), 1);
        turn();
        poll(NULL, 0, 1);
    }
    close(fd);
    stop();
}
END_TEST

/* With no descriptor left accept() fails at once each time; a server that
 * just tried again would never leave the turn or use up the processor. */
START_TEST(running_out_of_descriptors_is_survived)
{
    struct rlimit limit, tight;
    unsigned turns = 0;
    uint64_t until;
    int fd, next;

    start_plain();
    fd = dial();
    next = dup(fd);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    tight = limit;
    tight.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
    give(fd, HELLO);
    ck_assert(nothing_came(fd));
    /* While it pauses the loop has nothing to do but to wait. */
    until = wsub_now_ms() + 30;
    while (wsub_now_ms() < until) {
        event_base_loop(base, EVLOOP_ONCE);
        turns++;
    }
    ck_assert_uint_lt(turns, 10);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
    stop();
}
END_TEST

START_TEST(draining_lets_requests_finish)
{
    struct wsub_buf in = {0}, text = {0};
    int idle, fresh, busy, half;
    char address[128];

    start_plain();
    snprintf(address, sizeof(address), "%s", wsub_http_server_address(server));
    idle = dial();
    give(idle, HELLO);
    ck_assert_int_eq(take_status(idle), 200);
    fresh = dial();
    busy = dial();
    give(busy, LATER HELLO);
    half = dial();
    give(half, "GET /hello HTTP/1.1\r\n");
    WAIT_FOR(base, waiting_count == 1);
    turn_some();
    wsub_http_server_drain(server, on_empty_of_test, NULL);
    ck_assert(is_ended(idle));
    ck_assert(is_ended(fresh));
    give(half, "Host: a\r\n\r\n");
    ck_assert_int_eq(take_answer(half, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nConnection: close\r\n"));
    ck_assert(is_ended(half));
    close(half);
    answer_next("last");
    ck_assert_int_eq(take_answer(busy, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nConnection: close\r\n"));
    ck_assert(is_ended(busy));
    ck_assert_uint_eq(asked, 3);
    ck_assert_uint_eq(emptied, 0);
    close(busy);
    WAIT_FOR(base, emptied == 1);
    turn_some();
    ck_assert_uint_eq(emptied, 1);
    ck_assert_str_eq(wsub_http_server_address(server), address);
    close(idle);
    close(fresh);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

static void free_on_empty(void *arg)
{
    on_empty_of_test(arg);
    wsub_http_server_free(server);
    server = NULL;
}

START_TEST(an_empty_server_drains_and_may_be_freed_at_once)
{
    start_plain();
    wsub_http_server_drain(server, free_on_empty, NULL);
    ck_assert_uint_eq(emptied, 0);
    WAIT_FOR(base, emptied == 1);
    stop();
}
END_TEST

START_TEST(freeing_leaves_unanswered_requests_valid)
{
    int fds[3];

    start_plain();
    for (int i = 0; i < 3; i++) {
        fds[i] = dial();
        give(fds[i], i < 2 ? LATER HELLO : HELLO);
    }
    WAIT_FOR(base, asked == 3);
    wsub_http_server_free(server);
    server = NULL;
    ck_assert_str_eq(wsub_http_path(waiting[0]), "/later");
    answer_next("too late");
    answer_next("too late");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    stop();
}
END_TEST

START_TEST(a_handler_may_free_the_server)
{
    int fd;

    start_plain();
    fd = dial();
    give(fd, _i == 0 ? "GET /free HTTP/1.1\r\nHost: a\r\n\r\n" HELLO
                     : "GET /drop HTTP/1.1\r\nHost: a\r\n\r\n" HELLO);
    WAIT_FOR(base, server == NULL);
    ck_assert_uint_eq(asked, (unsigned)_i);
    if (_i == 1)
        answer_next("too late");
    close(fd);
    stop();
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, answers_given_later_keep_their_order);
    tcase_add_test(tcase, a_request_stays_as_it_was_until_its_answer);
    tcase_add_test(tcase, little_is_read_while_an_answer_is_due);
    tcase_add_test(tcase, a_client_that_half_closes_gets_its_answers);
    tcase_add_loop_test(tcase, a_request_outlives_its_client, 0, 2);
    tcase_add_loop_test(tcase, half_a_request_and_then_the_end, 0, 4);
    tcase_add_loop_test(tcase, a_slow_request_is_answered_408, 0, 6);
    tcase_add_test(tcase, a_dripping_request_is_answered_408);
    tcase_add_loop_test(tcase, an_idle_connection_is_closed_silently, 0, 2);
    tcase_add_test(tcase, a_handler_may_take_longer_than_any_timeout);
    tcase_add_test(tcase, a_big_answer_arrives_whole);
    tcase_add_test(tcase, who_does_not_read_gets_no_more_answers);
    tcase_add_test(tcase, who_does_not_read_in_time_is_cut_off);
    tcase_add_test(tcase, who_reads_byte_by_byte_is_cut_off_too);
    tcase_add_test(tcase, running_out_of_descriptors_is_survived);
    tcase_add_test(tcase, draining_lets_requests_finish);
    tcase_add_test(tcase, an_empty_server_drains_and_may_be_freed_at_once);
    tcase_add_test(tcase, freeing_leaves_unanswered_requests_valid);
    tcase_add_loop_test(tcase, a_handler_may_free_the_server, 0, 2);
}

int main(void)
{
    TCase *tcase = tcase_create("http_server");

    add_tests(tcase);
    return suite_run("http_server", tcase);
}
