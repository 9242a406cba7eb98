/* Responses whose handler learns whether they were written. */
#include "http_fixture.h"

#include "tests/unit/suite.h"

#define TOLD_MAX 40

/* What became of the responses, in the order in which they were told. */
static struct {
    size_t number;
    bool written;
} told[TOLD_MAX];
static size_t told_count, responded;
static size_t numbers[TOLD_MAX];
static void (*on_told_also)(void); /* the first time; NULL: nothing */

static void on_written(bool written, void *arg)
{
    void (*also)(void) = on_told_also;

    ck_assert_uint_lt(told_count, TOLD_MAX);
    on_told_also = NULL;
    told[told_count].number = *(size_t *)arg;
    told[told_count++].written = written;
    if (also != NULL)
        also();
}

/* Responds and asks to be told, under the next number. */
static void respond_told(struct wsub_http_request *req, int status,
                         const char *body, size_t len)
{
    size_t *number = &numbers[responded];

    *number = responded++;
    wsub_http_respond_told(req, status, len == 0 ? NULL : "text/plain", body,
                           len, on_written, number);
}

static void on_told(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    asked++;
    respond_told(req, 200, "told", 4);
}

static void on_big_told(struct wsub_http_request *req, void *arg)
{
    char *body = calloc(1, BIG_BYTES);

    (void)arg;
    asked++;
    ck_assert_ptr_nonnull(body);
    memset(body, 'x', BIG_BYTES);
    respond_told(req, 200, body, BIG_BYTES);
    free(body);
}

static void on_none_told(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    respond_told(req, 204, NULL, 0);
}

static void on_free_told(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_http_server_free(server);
    server = NULL;
    respond_told(req, 200, "too late", 8);
}

static bool refuse_told(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    respond_told(req, 403, "no", 2);
    return false;
}

static const struct wsub_http_route told_routes[] = {
    {"GET", "/hello", on_hello, NULL, 0},
    {"GET", "/later", on_later, NULL, 0},
    {"GET", "/told", on_told, NULL, 0},
    {"GET", "/big", on_big_told, NULL, 0},
    {"DELETE", "/told", on_none_told, NULL, 0},
    {"GET", "/free", on_free_told, NULL, 0},
    {"POST", "/refused", on_told, refuse_told, WSUB_HTTP_BODY_MAX},
    {0},
};

#define TOLD "GET /told HTTP/1.1\r\nHost: a\r\n\r\n"

static void set_up(void)
{
    struct wsub_http_server_options options = options_of_test();

    told_count = responded = 0;
    on_told_also = NULL;
    options.routes = told_routes;
    start(&options);
}

/* The first `count` responses were told, in order, and no other. */
static void check_told(size_t count, bool written)
{
    ck_assert_uint_eq(told_count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(told[i].number, i);
        ck_assert_int_eq(told[i].written, written);
    }
}

/* Responds to the request that waits. */
static void respond_later(void)
{
    ck_assert_uint_eq(waiting_count, 1);
    waiting_count = 0;
    respond_told(waiting[0], 200, "told", 4);
}

static int wait_at_server(void)
{
    int fd = dial();

    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    return fd;
}

static const struct {
    const char *raw;
    int status;
    bool head_only;
} written[] = {
    {TOLD, 200, false},
    {"HEAD /told HTTP/1.1\r\nHost: a\r\n\r\n", 200, true},
    {"DELETE /told HTTP/1.1\r\nHost: a\r\n\r\n", 204, false},
    {"GET /told HTTP/1.0\r\n\r\n", 200, false},
    {"POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", 403,
     false},
};

START_TEST(a_response_that_the_kernel_took_is_written)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, written[_i].raw);
    ck_assert_int_eq(take_answer(fd, &in, written[_i].head_only, &text),
                     written[_i].status);
    turn_some();
    check_told(1, true);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(a_later_response_is_told_from_the_loop)
{
    int fd = wait_at_server();

    respond_later();
    check_told(0, true);
    turn_some();
    check_told(1, true);
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
}
END_TEST

START_TEST(pipelined_responses_are_told_in_order)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, TOLD HELLO TOLD TOLD HELLO TOLD);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    turn_some();
    check_told(4, true);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(a_response_is_written_when_all_of_it_is)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, TOLD BIG TOLD);
    WAIT_FOR(base, asked == 2);
    turn_some();
    check_told(1, true); /* the one before, and not the big one */
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    turn_some();
    check_told(3, true);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

/* It resets, or reads nothing until the time for that is over. */
START_TEST(who_does_not_take_all_was_not_written_to)
{
    int fd = dial();

    if (_i == 1) {
        struct wsub_http_server_options options = options_of_test();

        close(fd);
        stop();
        options.routes = told_routes;
        options.request_timeout_ms = 50;
        start(&options);
        fd = dial();
    }
    give(fd, TOLD BIG);
    WAIT_FOR(base, asked == 2);
    turn_some();
    check_told(1, true);
    if (_i == 0)
        slam(fd);
    WAIT_FOR(base, told_count == 2);
    ck_assert_uint_eq(told[1].number, 1);
    ck_assert(!told[1].written);
    if (_i == 1)
        close(fd);
    drain_and_wait();
    ck_assert_uint_eq(told_count, 2);
}
END_TEST

START_TEST(a_connection_that_has_gone_is_told_at_once)
{
    int fd = wait_at_server();

    slam(fd);
    turn_some();
    respond_later();
    check_told(1, false);
}
END_TEST

START_TEST(a_reset_that_the_response_meets_is_told_from_the_loop)
{
    int fd = wait_at_server();

    slam(fd);
    respond_later();
    check_told(0, false);
    WAIT_FOR(base, told_count == 1);
    check_told(1, false);
}
END_TEST

START_TEST(a_half_closed_client_that_reads_is_written_to)
{
    int fd = wait_at_server();

    shutdown(fd, SHUT_WR);
    turn_some();
    respond_later();
    ck_assert_int_eq(take_status(fd), 200);
    turn_some();
    check_told(1, true);
    close(fd);
}
END_TEST

START_TEST(a_server_that_goes_tells_what_became_of_all)
{
    int fd = dial(), other = wait_at_server();

    give(fd, BIG);
    WAIT_FOR(base, asked == 2);
    turn_some();
    respond_later(); /* written, and not told yet */
    check_told(0, true);
    wsub_http_server_free(server);
    server = NULL;
    ck_assert_uint_eq(told_count, 2);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(told[i].written, told[i].number == 1);
    close(fd);
    close(other);
}
END_TEST

START_TEST(a_handler_that_freed_the_server_is_told_at_once)
{
    int fd = dial();

    give(fd, "GET /free HTTP/1.1\r\nHost: a\r\n\r\n");
    WAIT_FOR(base, server == NULL);
    check_told(1, false);
    close(fd);
}
END_TEST

START_TEST(responses_are_told_after_the_server_has_gone_with_its_handler)
{
    int fd = dial();

    give(fd, TOLD "GET /free HTTP/1.1\r\nHost: a\r\n\r\n");
    WAIT_FOR(base, server == NULL);
    check_told(2, false); /* none has left */
    close(fd);
}
END_TEST

static void free_server(void)
{
    wsub_http_server_free(server);
    server = NULL;
}

START_TEST(who_is_told_may_free_the_server)
{
    int fd = dial(), stuck = dial();

    give(stuck, BIG);
    turn_some();
    on_told_also = free_server;
    give(fd, TOLD TOLD TOLD);
    WAIT_FOR(base, server == NULL);
    WAIT_FOR(base, told_count == 4);
    close(fd);
    close(stuck);
}
END_TEST

/* A message that was not written goes to the next request that waits. */
START_TEST(who_is_told_may_respond_to_another_request)
{
    int first = wait_at_server(), second = dial();
    struct wsub_http_request *req = waiting[0];

    waiting_count = 0;
    give(second, LATER);
    WAIT_FOR(base, waiting_count == 1);
    on_told_also = respond_later;
    slam(first);
    respond_told(req, 200, "first", 5);
    ck_assert_int_eq(take_status(second), 200);
    WAIT_FOR(base, told_count == 2);
    ck_assert(!told[0].written);
    ck_assert(told[1].written);
    close(second);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_told");

    tcase_add_checked_fixture(tcase, set_up, stop);
    tcase_add_loop_test(tcase, a_response_that_the_kernel_took_is_written, 0,
                        COUNT(written));
    tcase_add_test(tcase, a_later_response_is_told_from_the_loop);
    tcase_add_test(tcase, pipelined_responses_are_told_in_order);
    tcase_add_test(tcase, a_response_is_written_when_all_of_it_is);
    tcase_add_loop_test(tcase, who_does_not_take_all_was_not_written_to, 0, 2);
    tcase_add_test(tcase, a_connection_that_has_gone_is_told_at_once);
    tcase_add_test(tcase,
                   a_reset_that_the_response_meets_is_told_from_the_loop);
    tcase_add_test(tcase, a_half_closed_client_that_reads_is_written_to);
    tcase_add_test(tcase, a_server_that_goes_tells_what_became_of_all);
    tcase_add_test(tcase, a_handler_that_freed_the_server_is_told_at_once);
    tcase_add_test(
        tcase, responses_are_told_after_the_server_has_gone_with_its_handler);
    tcase_add_test(tcase, who_is_told_may_free_the_server);
    tcase_add_test(tcase, who_is_told_may_respond_to_another_request);
    return suite_run("http_told", tcase);
}
