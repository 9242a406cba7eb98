/* Requests that wait long for their response: their clients, and their cost. */
#include "http_fixture.h"

#include <malloc.h>

#include "tests/unit/suite.h"

#define WATCH "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n"
#define CLIENTS 60

/* What a handler keeps of a request that it watches. */
struct waiter {
    struct wsub_http_request *req;
    bool watched; /* its client was there */
    size_t gone;  /* so often on_gone was called */
};

static struct waiter waiters[CLIENTS];
static size_t count;
static void (*on_gone_also)(struct waiter *waiter); /* NULL: nothing more */

static void on_gone(void *arg)
{
    struct waiter *waiter = arg;

    waiter->gone++;
    if (on_gone_also != NULL)
        on_gone_also(waiter);
}

static void watch(struct waiter *waiter)
{
    waiter->watched = wsub_http_watch(waiter->req, on_gone, waiter);
}

static void on_watch(struct wsub_http_request *req, void *arg)
{
    struct waiter *waiter = &waiters[count++];

    (void)arg;
    *waiter = (struct waiter){.req = req};
    watch(waiter);
}

static const struct wsub_http_route waiting_routes[] = {
    {"GET", "/hello", on_hello, NULL, 0},
    {"GET", "/later", on_later, NULL, 0},
    {"POST", "/echo", on_echo, NULL, WSUB_HTTP_BODY_MAX},
    {"GET", "/watch", on_watch, NULL, 0},
    {"POST", "/watch", on_watch, NULL, WSUB_HTTP_BODY_MAX},
    {0},
};

static void set_up(void)
{
    struct wsub_http_server_options options = options_of_test();

    count = 0;
    on_gone_also = NULL;
    options.routes = waiting_routes;
    options.max_body_bytes = 20000;
    start(&options);
}

static void respond(struct waiter *waiter)
{
    wsub_http_respond_text(waiter->req, 200, "done");
    waiter->req = NULL;
}

/* Dials a client whose request waits. */
static int wait_at_server(void)
{
    size_t before = count;
    int fd = dial();

    give(fd, WATCH);
    WAIT_FOR(base, count == before + 1);
    return fd;
}

static void leave(int fd, int how)
{
    if (how == 0)
        close(fd);
    else if (how == 1)
        slam(fd);
    else
        shutdown(fd, SHUT_WR);
}

START_TEST(a_waiting_request_learns_that_its_client_is_gone)
{
    int fd;

    fd = wait_at_server();
    ck_assert(waiters[0].watched);
    turn_some();
    ck_assert_uint_eq(waiters[0].gone, 0);
    leave(fd, _i);
    WAIT_FOR(base, waiters[0].gone == 1);
    ck_assert_str_eq(wsub_http_path(waiters[0].req), "/watch");
    turn_some();
    respond(&waiters[0]);
    if (_i == 2) {
        ck_assert_int_eq(take_status(fd), 200);
        close(fd);
    }
    drain_and_wait();
    ck_assert_uint_eq(waiters[0].gone, 1);
}
END_TEST

START_TEST(of_many_clients_each_is_missed_by_its_own_request)
{
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++)
        fds[i] = wait_at_server();
    for (int i = 0; i < CLIENTS; i += 2)
        leave(fds[i], i / 2 % 2);
    for (int i = 0; i < CLIENTS; i += 2)
        WAIT_FOR(base, waiters[i].gone == 1);
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_uint_eq(waiters[i].gone, i % 2 == 0);
        respond(&waiters[i]);
    }
    for (int i = 1; i < CLIENTS; i += 2) {
        ck_assert_int_eq(take_status(fds[i]), 200);
        close(fds[i]);
    }
    drain_and_wait();
}
END_TEST

START_TEST(a_client_that_goes_after_its_response_is_not_missed)
{
    int fd = wait_at_server();

    respond(&waiters[0]);
    leave(fd, _i);
    drain_and_wait();
    ck_assert_uint_eq(waiters[0].gone, 0);
    if (_i == 2)
        close(fd);
}
END_TEST

START_TEST(a_client_that_has_gone_is_not_watched)
{
    struct waiter late = {0};
    int fd = dial();

    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    late.req = waiting[0];
    leave(fd, _i);
    turn_some();
    watch(&late);
    ck_assert(!late.watched);
    respond(&late);
    turn_some();
    ck_assert_uint_eq(late.gone, 0);
    if (_i == 2) {
        ck_assert_int_eq(take_status(fd), 200);
        close(fd);
    }
}
END_TEST

START_TEST(a_client_may_be_watched_late_and_anew)
{
    struct waiter late = {0}, other = {0};
    int fd = dial();

    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    late.req = other.req = waiting[0];
    watch(&late);
    watch(&other);
    ck_assert(late.watched && other.watched);
    slam(fd);
    WAIT_FOR(base, other.gone == 1);
    ck_assert_uint_eq(late.gone, 0);
    respond(&other);
}
END_TEST

/* Sends further requests until the server has stopped to read, and until it
 * reads on nothing is lost. */
static size_t fill_up(int fd)
{
    size_t sent = 0;

    while (sent < 40000 / strlen(HELLO)) {
        give(fd, HELLO);
        sent++;
    }
    turn_some();
    return sent;
}

START_TEST(a_client_that_goes_behind_further_requests_is_missed)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = wait_at_server();
    size_t sent = fill_up(fd);

    leave(fd, _i);
    WAIT_FOR(base, waiters[0].gone == 1);
    respond(&waiters[0]);
    if (_i == 2) {
        for (size_t i = 0; i <= sent; i++)
            ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
        ck_assert(is_ended(fd));
        close(fd);
    }
    drain_and_wait();
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(further_requests_are_served_after_the_one_that_waits)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = wait_at_server();
    size_t sent = fill_up(fd);
    uint64_t until_ms = wsub_now_ms() + 1500;

    WAIT_FOR(base, wsub_now_ms() > until_ms);
    ck_assert_uint_eq(waiters[0].gone, 0);
    respond(&waiters[0]);
    for (size_t i = 0; i <= sent; i++)
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

/* The connection turns out to be broken within the response to another request
 * of it: nobody is called there. */
START_TEST(a_connection_that_breaks_in_a_response_is_told_of_later)
{
    int fd = dial();

    give(fd, LATER WATCH);
    WAIT_FOR(base, waiting_count == 1);
    turn_some();
    slam(fd);
    answer_next("for nobody");
    ck_assert_uint_eq(count, 1);
    ck_assert(waiters[0].watched);
    ck_assert_uint_eq(waiters[0].gone, 0);
    WAIT_FOR(base, waiters[0].gone == 1);
    respond(&waiters[0]);
    drain_and_wait();
}
END_TEST

START_TEST(nobody_is_told_when_the_server_goes)
{
    int fd = wait_at_server();

    wsub_http_server_free(server);
    server = NULL;
    turn_some();
    ck_assert_uint_eq(waiters[0].gone, 0);
    ck_assert_str_eq(wsub_http_path(waiters[0].req), "/watch");
    respond(&waiters[0]);
    close(fd);
}
END_TEST

START_TEST(a_request_waits_on_while_the_server_drains)
{
    struct wsub_buf in = {0}, text = {0};
    int fds[2] = {wait_at_server(), wait_at_server()};

    wsub_http_server_drain(server, on_empty_of_test, NULL);
    turn_some();
    ck_assert_uint_eq(emptied, 0);
    close(fds[0]);
    WAIT_FOR(base, waiters[0].gone == 1);
    respond(&waiters[0]);
    turn_some();
    ck_assert_uint_eq(emptied, 0);
    respond(&waiters[1]);
    ck_assert_int_eq(take_answer(fds[1], &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nConnection: close\r\n"));
    ck_assert(is_ended(fds[1]));
    close(fds[1]);
    WAIT_FOR(base, emptied == 1);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

static void respond_to_both(struct waiter *waiter)
{
    (void)waiter;
    for (size_t i = 0; i < count; i++)
        respond(&waiters[i]);
}

START_TEST(who_is_told_may_respond_at_once)
{
    int fds[2] = {wait_at_server(), wait_at_server()};

    on_gone_also = respond_to_both;
    leave(fds[0], _i);
    ck_assert_int_eq(take_status(fds[1]), 200);
    ck_assert_uint_eq(waiters[0].gone, 1);
    ck_assert_uint_eq(waiters[1].gone, 0);
    close(fds[1]);
    if (_i == 2) {
        ck_assert_int_eq(take_status(fds[0]), 200);
        close(fds[0]);
    }
    drain_and_wait();
}
END_TEST

static void free_server(struct waiter *waiter)
{
    (void)waiter;
    wsub_http_server_free(server);
    server = NULL;
}

START_TEST(who_is_told_may_free_the_server)
{
    int fds[2] = {wait_at_server(), wait_at_server()};

    on_gone_also = free_server;
    leave(fds[0], _i);
    WAIT_FOR(base, server == NULL);
    respond_to_both(NULL);
    ck_assert_uint_eq(waiters[1].gone, 0);
    close(fds[1]);
    if (_i == 2)
        close(fds[0]);
}
END_TEST

static void give_post(int fd, const char *path, size_t len)
{
    struct wsub_buf text = {0};

    wsub_buf_printf(&text,
                    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu"
                    "\r\n\r\n%0*d",
                    path, len, (int)len, 0);
    give(fd, text.data);
    wsub_buf_done(&text);
}

/* Whatever the connection was used for before.  A sanitizer's memory does not
 * count. */
START_TEST(a_waiting_request_costs_little_memory)
{
    size_t before = mallinfo2().uordblks, bytes;
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial();
        give_post(fds[i], "/echo", 9000);
        ck_assert_int_eq(take_status(fds[i]), 202);
        give_post(fds[i], "/watch", 300);
        WAIT_FOR(base, count == (size_t)i + 1);
    }
    bytes = (mallinfo2().uordblks - before) / CLIENTS;
    ck_assert_msg(bytes < 5000, "%zu bytes", bytes);
    for (int i = 0; i < CLIENTS; i++) {
        respond(&waiters[i]);
        ck_assert_int_eq(take_status(fds[i]), 200);
        close(fds[i]);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_waiting");

    tcase_add_checked_fixture(tcase, set_up, stop);
    tcase_add_loop_test(tcase, a_waiting_request_learns_that_its_client_is_gone,
                        0, 3);
    tcase_add_test(tcase, of_many_clients_each_is_missed_by_its_own_request);
    tcase_add_loop_test(
        tcase, a_client_that_goes_after_its_response_is_not_missed, 0, 3);
    tcase_add_loop_test(tcase, a_client_that_has_gone_is_not_watched, 0, 3);
    tcase_add_test(tcase, a_client_may_be_watched_late_and_anew);
    tcase_add_loop_test(
        tcase, a_client_that_goes_behind_further_requests_is_missed, 0, 3);
    tcase_add_test(tcase, further_requests_are_served_after_the_one_that_waits);
    tcase_add_test(tcase,
                   a_connection_that_breaks_in_a_response_is_told_of_later);
    tcase_add_test(tcase, nobody_is_told_when_the_server_goes);
    tcase_add_test(tcase, a_request_waits_on_while_the_server_drains);
    tcase_add_loop_test(tcase, who_is_told_may_respond_at_once, 0, 3);
    tcase_add_loop_test(tcase, who_is_told_may_free_the_server, 0, 3);
    tcase_add_test(tcase, a_waiting_request_costs_little_memory);
    return suite_run("http_waiting", tcase);
}
