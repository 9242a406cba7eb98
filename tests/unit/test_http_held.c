/* Large bodies that wait for their share of the server's budget. */
#include "http_fixture.h"

#include "tests/unit/suite.h"

#define LARGE 90000
#define SMALL "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"

static struct wsub_http_load load;

static void on_load(const struct wsub_http_load *now, void *arg)
{
    (void)arg;
    load = *now;
}

static void start_small(uint32_t request_timeout_ms)
{
    struct wsub_http_server_options options = options_of_test();

    load = (struct wsub_http_load){0};
    options.max_body_bytes = LARGE;
    options.max_inflight_bytes = LARGE + LARGE / 2;
    options.on_load = on_load;
    options.request_timeout_ms = request_timeout_ms;
    start(&options);
}

static void start_held(void)
{
    start_small(DEADLINE_MS * 2);
}

static void fill(char *bytes, size_t len)
{
    memset(bytes, 'b', len);
}

#define SOME 40000 /* enough of a body to take a share */

/* Sends the head of a large request, and `len` bytes of its body. */
static void begin_large(int fd, const char *path, size_t len)
{
    static char body[LARGE];
    struct wsub_buf head = {0};

    fill(body, sizeof(body));
    wsub_buf_printf(&head,
                    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
                    path, LARGE);
    give(fd, head.data);
    give_bytes(fd, body, len);
    wsub_buf_done(&head);
    turn_some();
}

/* Sends more of a body that the server may not read now: what the kernel
 * takes. */
static void offer_large(int fd, const char *path)
{
    static char body[LARGE];
    struct wsub_buf head = {0};

    fill(body, sizeof(body));
    wsub_buf_printf(&head,
                    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
                    path, LARGE);
    give(fd, head.data);
    give_bytes(fd, body, SOME);
    WAIT_FOR(base, load.waiting > 0);
    wsub_buf_done(&head);
}

static void end_large(int fd, size_t sent)
{
    static char body[LARGE];

    fill(body, sizeof(body));
    give_bytes(fd, body, LARGE - sent);
}

START_TEST(a_large_body_waits_and_small_ones_go_on)
{
    int first = dial(), second = dial(), third = dial();

    begin_large(first, "/echo", SOME);
    ck_assert_uint_eq(load.used_bytes, LARGE);
    offer_large(second, "/echo");
    give(third, SMALL HELLO);
    WAIT_FOR(base, asked == 2);
    ck_assert(nothing_came(second));
    end_large(first, SOME);
    ck_assert_int_eq(take_status(first), 202);
    WAIT_FOR(base, load.waiting == 0);
    end_large(second, SOME);
    ck_assert_int_eq(take_status(second), 202);
    ck_assert_uint_eq(load.used_bytes, 0);
    ck_assert_uint_eq(load.waited, 1);
    close(first);
    close(second);
    close(third);
}
END_TEST

START_TEST(the_time_of_a_request_stands_still_while_it_waits)
{
    int first, second;
    uint64_t until_ms;

    stop();
    start_small(300);
    first = dial();
    second = dial();
    begin_large(first, "/later", LARGE); /* its handler takes its time */
    WAIT_FOR(base, waiting_count == 1);
    offer_large(second, "/echo");
    for (until_ms = wsub_now_ms() + 600; wsub_now_ms() < until_ms;)
        ck_assert(nothing_came(second));
    answer_next("done");
    WAIT_FOR(base, load.waiting == 0);
    ck_assert(nothing_came(second)); /* neither a 408 now */
    end_large(second, SOME);
    ck_assert_int_eq(take_status(second), 202);
    close(first);
    close(second);
}
END_TEST

START_TEST(who_is_read_and_slow_is_answered_408_and_makes_room)
{
    int first, second;

    stop();
    start_small(500);
    first = dial();
    second = dial();
    begin_large(first, "/echo", SOME);
    offer_large(second, "/echo");
    ck_assert_int_eq(take_status(first), 408);
    close(first);
    WAIT_FOR(base, load.waiting == 0);
    ck_assert_int_eq(take_status(second), 408);
    close(second);
    WAIT_FOR(base, load.used_bytes == 0);
}
END_TEST

START_TEST(a_client_that_goes_while_it_waits_leaves_nothing_behind)
{
    int first = dial(), second = dial(), third = dial();

    begin_large(first, "/echo", SOME);
    offer_large(second, "/echo");
    close(second);
    offer_large(third, "/echo");
    end_large(first, SOME);
    ck_assert_int_eq(take_status(first), 202);
    WAIT_FOR(base, load.waiting == 0);
    end_large(third, SOME);
    ck_assert_int_eq(take_status(third), 202);
    ck_assert_uint_eq(load.used_bytes, 0);
    close(first);
    close(third);
}
END_TEST

START_TEST(a_client_that_goes_while_it_is_handled_holds_its_share)
{
    int first = dial();

    begin_large(first, "/later", LARGE);
    WAIT_FOR(base, waiting_count == 1);
    close(first);
    turn_some();
    ck_assert_uint_eq(load.used_bytes, LARGE);
    answer_next("for nobody");
    ck_assert_uint_eq(load.used_bytes, 0);
}
END_TEST

START_TEST(a_server_may_go_before_what_is_held_and_handled)
{
    int first = dial(), second = dial();

    begin_large(first, "/later", LARGE);
    WAIT_FOR(base, waiting_count == 1);
    offer_large(second, "/echo");
    wsub_http_server_free(server);
    server = NULL;
    answer_next("for nobody");
    close(first);
    close(second);
}
END_TEST

START_TEST(who_only_announces_a_body_holds_nothing)
{
    struct wsub_buf in = {0}, text = {0};
    int fds[6];

    for (int i = 0; i < 5; i++) {
        fds[i] = dial();
        begin_large(fds[i], "/echo", i < 3 ? 0 : 1);
    }
    fds[5] = dial();
    give(fds[5], "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                 "Content-Length: 90000\r\n\r\n");
    ck_assert_int_eq(take_answer(fds[5], &in, true, &text), 100);
    ck_assert_uint_eq(load.used_bytes, 0);
    ck_assert_uint_eq(load.waiting, 0);
    end_large(fds[5], 0);
    ck_assert_int_eq(take_answer(fds[5], &in, false, &text), 202);
    for (int i = 0; i < 6; i++)
        close(fds[i]);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(who_holds_up_others_is_cut_off_long_before_its_time)
{
    int first = dial(), second = dial();

    begin_large(first, "/echo", LARGE - 1);
    offer_large(second, "/echo");
    ck_assert_int_eq(take_status(first), 408);
    WAIT_FOR(base, load.waiting == 0);
    end_large(second, SOME);
    ck_assert_int_eq(take_status(second), 202);
    close(first);
    close(second);
}
END_TEST

START_TEST(who_holds_up_nobody_may_be_slow)
{
    uint64_t until_ms = wsub_now_ms() + 2200;
    int fd = dial();

    begin_large(fd, "/echo", LARGE - 1);
    while (wsub_now_ms() < until_ms)
        ck_assert(nothing_came(fd));
    end_large(fd, LARGE - 1);
    ck_assert_int_eq(take_status(fd), 202);
    close(fd);
}
END_TEST

/* Chunks of 1,000 bytes. */
static void give_chunks(int fd, int count)
{
    char chunk[1016];

    memcpy(chunk, "3e8\r\n", 5);
    fill(chunk + 5, 1000);
    memcpy(chunk + 1005, "\r\n", 3);
    for (int i = 0; i < count; i++)
        give(fd, chunk);
    turn_some();
}

START_TEST(bodies_in_chunks_take_what_they_grow_to)
{
    static const char head[] = "POST /echo HTTP/1.1\r\nHost: a\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    int fds[3];

    for (int i = 0; i < 3; i++) {
        fds[i] = dial();
        give(fds[i], head);
        give_chunks(fds[i], 10);
        ck_assert_uint_eq(load.used_bytes, 0); /* small so far */
    }
    for (int i = 0; i < 2; i++)
        give_chunks(fds[i], 40);
    ck_assert_uint_eq(load.used_bytes, 2 * 65536);
    for (int i = 0; i < 3; i++) {
        give_chunks(fds[i], i < 2 ? 40 : 80);
        give(fds[i], "0\r\n\r\n");
        ck_assert_int_eq(take_status(fds[i]), 202);
        close(fds[i]);
    }
    ck_assert_uint_eq(load.used_bytes, 0);
}
END_TEST

START_TEST(a_request_behind_a_large_one_is_kept)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    begin_large(fd, "/echo", LARGE - 1);
    give(fd, "b" HELLO SMALL "GET /hel");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 202);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 202);
    ck_assert_uint_eq(load.used_bytes, 0);
    give(fd, "lo HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_held");

    tcase_add_checked_fixture(tcase, start_held, stop);
    tcase_add_test(tcase, a_large_body_waits_and_small_ones_go_on);
    tcase_add_test(tcase, the_time_of_a_request_stands_still_while_it_waits);
    tcase_add_test(tcase, who_is_read_and_slow_is_answered_408_and_makes_room);
    tcase_add_test(tcase,
                   a_client_that_goes_while_it_waits_leaves_nothing_behind);
    tcase_add_test(tcase,
                   a_client_that_goes_while_it_is_handled_holds_its_share);
    tcase_add_test(tcase, a_server_may_go_before_what_is_held_and_handled);
    tcase_add_test(tcase, who_only_announces_a_body_holds_nothing);
    tcase_add_test(tcase, who_holds_up_others_is_cut_off_long_before_its_time);
    tcase_add_test(tcase, who_holds_up_nobody_may_be_slow);
    tcase_add_test(tcase, bodies_in_chunks_take_what_they_grow_to);
    tcase_add_test(tcase, a_request_behind_a_large_one_is_kept);
    return suite_run("http_held", tcase);
}
