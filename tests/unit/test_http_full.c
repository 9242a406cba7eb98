/* A server, or a client, with as many connections as it may have. */
#include "common/http/eviction.h"
#include "common/http/server.h"
#include "http_fixture.h"

#include "tests/unit/suite.h"

START_TEST(connections_over_the_cap_wait_while_all_are_handled)
{
    struct wsub_http_server_options options = options_of_test();
    int fds[4];

    options.max_connections = 2;
    start(&options);
    for (int i = 0; i < 4; i++) {
        fds[i] = dial();
        give(fds[i], i < 2 ? LATER : HELLO);
        turn_some();
    }
    ck_assert_uint_eq(waiting_count, 2);
    ck_assert(nothing_came(fds[2]));
    answer_next("first");
    ck_assert_int_eq(take_status(fds[0]), 200);
    ck_assert_int_eq(take_status(fds[2]), 200);
    ck_assert_int_eq(take_status(fds[3]), 200);
    answer_next("second");
    ck_assert_int_eq(take_status(fds[1]), 200);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    stop();
}
END_TEST

/* What the clients send that wait, in each of the ways. */
static const char *const waits[] = {"", "GET /hello HTTP/1.1\r\n",
                                    "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                    "Content-Length: 9\r\n\r\nabc",
                                    BIG, HELLO};

START_TEST(who_waits_for_its_client_makes_way)
{
    struct wsub_http_server_options options = options_of_test();
    int busy, fds[20];

    options.max_connections = 4;
    start(&options);
    busy = dial();
    give(busy, LATER);
    WAIT_FOR(base, waiting_count == 1);
    for (int i = 0; i < 20; i++) {
        fds[i] = dial();
        give(fds[i], waits[_i]);
        turn_some();
    }
    for (int i = 0; i < 10; i++) {
        int fd = dial();

        give(fd, HELLO);
        ck_assert_int_eq(take_status(fd), 200);
        close(fd);
    }
    answer_next("never closed");
    ck_assert_int_eq(take_status(busy), 200);
    for (int i = 0; i < 20; i++)
        close(fds[i]);
    close(busy);
    stop();
}
END_TEST

/* The new connection comes first, so that the server sees it first. */
START_TEST(a_request_that_is_here_keeps_its_connection)
{
    struct wsub_http_server_options options = options_of_test();
    int fds[3];

    options.max_connections = 2;
    start(&options);
    for (int i = 0; i < 2; i++) {
        fds[i] = dial();
        turn_some();
    }
    poll(NULL, 0, 2 * WSUB_HTTP_WAIT_LEAST_MS);
    turn_some();
    fds[2] = dial();
    ck_assert_int_gt(send(fds[0], HELLO, sizeof(HELLO) - 1, MSG_NOSIGNAL), 0);
    ck_assert_int_eq(take_status(fds[0]), 200);
    ck_assert(is_ended(fds[1]));
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    stop();
}
END_TEST

START_TEST(a_client_has_so_many_connections)
{
    struct wsub_http_server_options options = options_of_test();
    struct wsub_buf in = {0}, text = {0};
    int fds[3];

    options.max_connections_per_client = 2;
    start(&options);
    for (int i = 0; i < 3; i++)
        fds[i] = dial();
    ck_assert_int_eq(take_answer(fds[2], &in, false, &text), 429);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nConnection: close\r\n"));
    ck_assert(is_ended(fds[2]));
    close(fds[2]);
    give(fds[0], HELLO);
    ck_assert_int_eq(take_status(fds[0]), 200);
    close(fds[1]);
    turn_some();
    fds[1] = dial();
    give(fds[1], HELLO);
    ck_assert_int_eq(take_status(fds[1]), 200);
    close(fds[0]);
    close(fds[1]);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_full");

    tcase_add_test(tcase, connections_over_the_cap_wait_while_all_are_handled);
    tcase_add_loop_test(tcase, who_waits_for_its_client_makes_way, 0, 5);
    tcase_add_test(tcase, a_request_that_is_here_keeps_its_connection);
    tcase_add_test(tcase, a_client_has_so_many_connections);
    return suite_run("http_full", tcase);
}
