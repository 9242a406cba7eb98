/* test_http_turns.c - a client that pipelines leaves others their turn. */
#include "http_fixture.h"
#include "suite.h"

#define COUNT_OF_SLOW 50
#define SLOW "GET /slow?%c HTTP/1.1\r\nHost: a\r\n\r\n"

static char order[2 * COUNT_OF_SLOW + 1]; /* whose requests were handled */
static size_t handled;

/* As one that takes its time. */
static void on_slow(struct wsub_http_request *req, void *arg)
{
    uint64_t end_us = wsub_now_us() + 1000;

    (void)arg;
    while (wsub_now_us() < end_us)
        ;
    order[handled++] = wsub_http_query(req)[0];
    wsub_http_respond_text(req, 200, "slow");
}

static const struct wsub_http_route slow_routes[] = {
    {"GET", "/slow", on_slow, NULL, 0},
    {"GET", "/hello", on_hello, NULL, 0},
    {0},
};

static void set_up(void)
{
    struct wsub_http_server_options options = options_of_test();

    options.routes = slow_routes;
    memset(order, 0, sizeof(order));
    handled = 0;
    start(&options);
}

/* All of them are there before the loop turns. */
static void send_slow(int fd, char whose)
{
    char text[64];
    int len = snprintf(text, sizeof(text), SLOW, whose);

    for (int i = 0; i < COUNT_OF_SLOW; i++)
        ck_assert_int_eq(send(fd, text, (size_t)len, 0), len);
}

static void take_slow(int fd)
{
    struct wsub_buf in = {0}, text = {0};

    for (int i = 0; i < COUNT_OF_SLOW; i++)
        ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}

/* How often another was handled than before; a turn has a few. */
static int changes(void)
{
    int count = 0;

    for (size_t i = 1; i < handled; i++)
        count += order[i] != order[i - 1];
    return count;
}

START_TEST(clients_that_pipeline_take_turns)
{
    int a = dial(), b = dial();

    turn_some();
    send_slow(a, 'a');
    send_slow(b, 'b');
    take_slow(a);
    take_slow(b);
    ck_assert_msg(changes() >= 10, "%s", order);
    close(a);
    close(b);
}
END_TEST

START_TEST(who_sends_no_more_gets_all_responses)
{
    int fd = dial();

    send_slow(fd, 'a');
    shutdown(fd, SHUT_WR);
    take_slow(fd);
    ck_assert(is_ended(fd));
    close(fd);
}
END_TEST

START_TEST(a_client_that_goes_meanwhile_is_forgotten)
{
    int fd = dial(), one = dial();

    send_slow(fd, 'a');
    WAIT_FOR(base, handled > 0);
    slam(fd);
    give(one, HELLO);
    ck_assert_int_eq(take_status(one), 200);
    drain_and_wait();
    close(one);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_turns");

    tcase_add_checked_fixture(tcase, set_up, stop);
    tcase_add_test(tcase, clients_that_pipeline_take_turns);
    tcase_add_test(tcase, who_sends_no_more_gets_all_responses);
    tcase_add_test(tcase, a_client_that_goes_meanwhile_is_forgotten);
    return suite_run("http_turns", tcase);
}
