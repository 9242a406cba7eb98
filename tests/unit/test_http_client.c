/* When background requests start, and what handles leave behind.  Client and
 * server share one loop, which runs only while the test waits. */
#include "common/http/client.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/route.h"
#include "common/http/server.h"
#include "suite.h"
#include "wait.h"

#define REQUESTS_MAX 40
#define BACKGROUND 100

static struct wsub_loop *loop;
static struct wsub_http_server *server;
static struct wsub_http_client *client;
static struct wsub_http_request *held[REQUESTS_MAX + 1];
static bool holds;          /* responses are held back */
static size_t held_count;   /* requests */
static unsigned done;       /* responses */
static char first_path[16]; /* of the first request that arrived */
static unsigned refused;    /* requests without a response */
static char background_url[64], urgent_url[64], tls_url[64];

static void on_request(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    if (first_path[0] == '\0')
        snprintf(first_path, sizeof(first_path), "%s", wsub_http_path(req));
    if (!holds) {
        wsub_http_respond_text(req, 200, "fine");
        return;
    }
    ck_assert_uint_lt(held_count, REQUESTS_MAX);
    held[held_count++] = req;
}

static const struct wsub_http_route routes[] = {
    {"GET", "/background", on_request, NULL, 0},
    {"GET", "/urgent", on_request, NULL, 0},
    {0},
};

static void set_up(void)
{
    char err_text[256] = "";

    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    loop = wsub_loop_new(0);
    ck_assert_int_eq(wsub_http_server_new(wsub_loop_base(loop),
                                          &(struct wsub_http_server_options){
                                              .listen = "127.0.0.1:0",
                                              .routes = routes,
                                              .max_connections = 1000,
                                              .request_timeout_ms = DEADLINE_MS,
                                              .idle_timeout_ms = DEADLINE_MS,
                                          },
                                          err_text, &server),
                     WSUB_OK);
    client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = wsub_loop_base(loop),
        .connect_timeout_ms = DEADLINE_MS,
        .max_requests = REQUESTS_MAX,
        .per_host = REQUESTS_MAX,
    });
    snprintf(background_url, sizeof(background_url), "http://%s/background",
             wsub_http_server_address(server));
    snprintf(urgent_url, sizeof(urgent_url), "http://%s/urgent",
             wsub_http_server_address(server));
    snprintf(tls_url, sizeof(tls_url), "https://%s/urgent",
             wsub_http_server_address(server));
    holds = false;
    held_count = done = refused = 0;
    first_path[0] = '\0';
}

static void tear_down(void)
{
    wsub_http_client_free(client);
    wsub_http_server_free(server);
    wsub_loop_free(loop);
}

static void on_response(const struct wsub_http_response *answer, void *arg)
{
    (void)arg;
    ck_assert_int_eq(answer->outcome, WSUB_HTTP_RESPONDED);
    done++;
}

static void ask(bool background)
{
    wsub_http_client_send(client,
                          &(struct wsub_http_send){
                              .url = background ? background_url : urgent_url,
                              .timeout_ms = DEADLINE_MS,
                              .response_max_bytes = 1000,
                              .background = background,
                              .done = on_response,
                          });
}

static void on_refusal(const struct wsub_http_response *answer, void *arg)
{
    (void)arg;
    ck_assert_int_eq(answer->outcome, WSUB_HTTP_UNREACHED);
    refused++;
}

/* The server does not speak TLS. */
static void ask_by_tls(void)
{
    wsub_http_client_send(client, &(struct wsub_http_send){
                                      .url = tls_url,
                                      .timeout_ms = DEADLINE_MS,
                                      .response_max_bytes = 1000,
                                      .done = on_refusal,
                                  });
}

static void ask_in_background(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ask(true);
}

START_TEST(an_urgent_request_goes_before_background_ones)
{
    ask_in_background(BACKGROUND);
    ask(false);
    ck_assert_uint_eq(wsub_http_client_background(client), BACKGROUND);
    WAIT_FOR(wsub_loop_base(loop), done == BACKGROUND + 1);
    ck_assert_str_eq(first_path, "/urgent");
    ck_assert_uint_eq(wsub_http_client_background(client), 0);
}
END_TEST

START_TEST(no_more_are_in_flight_than_may_be)
{
    holds = true;
    ask_in_background(BACKGROUND);
    WAIT_FOR(wsub_loop_base(loop), held_count == REQUESTS_MAX);
    ck_assert_uint_eq(wsub_http_client_background(client),
                      BACKGROUND - REQUESTS_MAX);
    holds = false;
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        wsub_http_respond_text(held[i], 200, "fine");
    WAIT_FOR(wsub_loop_base(loop), done == BACKGROUND);
}
END_TEST

static void on_always(evutil_socket_t fd, short what, void *arg)
{
    struct event **always = arg;

    (void)fd;
    (void)what;
    if (done < BACKGROUND)
        event_active(*always, EV_TIMEOUT, 0);
}

START_TEST(they_start_though_the_loop_is_never_quiet)
{
    struct event *always =
        evtimer_new(wsub_loop_base(loop), on_always, &always);

    event_priority_set(always, WSUB_LOOP_LATER);
    event_active(always, EV_TIMEOUT, 0);
    ask_in_background(BACKGROUND);
    WAIT_FOR(wsub_loop_base(loop), done == BACKGROUND);
    event_free(always);
}
END_TEST

START_TEST(those_that_have_not_started_are_dropped_with_the_client)
{
    ask_in_background(BACKGROUND);
    ck_assert_uint_eq(done, 0);
}
END_TEST

/* The one handle serves both.  What it loses the leak check of the preset asan
 * finds. */
START_TEST(nothing_is_lost_between_http_and_https)
{
    for (unsigned i = 1; i <= 5; i++) {
        ask(false);
        WAIT_FOR(wsub_loop_base(loop), done == i);
        ask_by_tls();
        WAIT_FOR(wsub_loop_base(loop), refused == i);
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("background");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_urgent_request_goes_before_background_ones);
    tcase_add_test(cases, no_more_are_in_flight_than_may_be);
    tcase_add_test(cases, they_start_though_the_loop_is_never_quiet);
    tcase_add_test(cases,
                   those_that_have_not_started_are_dropped_with_the_client);
    tcase_add_test(cases, nothing_is_lost_between_http_and_https);
    return suite_run("http_client", cases);
}
