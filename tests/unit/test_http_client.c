/* When patient requests start, and what handles leave behind.  Client and
 * server share one loop, which turns only while the test waits. */
#include "common/http/client.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/server.h"
#include "suite.h"
#include "wait.h"

#define CALLS_MAX 40
#define PATIENT 100

static struct wsub_loop *loop;
static struct wsub_http_server *server;
static struct wsub_http_client *client;
static struct wsub_http_request *held[CALLS_MAX + 1];
static bool holds;         /* answers are held back */
static size_t held_count;  /* requests */
static unsigned done;      /* answers */
static char first_path[9]; /* of the first request that arrived */
static unsigned refused;   /* requests without an answer */
static char patient_url[64], urgent_url[64], tls_url[64];

static void on_request(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    if (first_path[0] == '\0')
        snprintf(first_path, sizeof(first_path), "%s", wsub_http_path(req));
    if (!holds) {
        wsub_http_reply_text(req, 200, "fine");
        return;
    }
    ck_assert_uint_lt(held_count, CALLS_MAX);
    held[held_count++] = req;
}

static const struct wsub_http_route routes[] = {
    {"GET", "/patient", on_request},
    {"GET", "/urgent", on_request},
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
        .max_calls = CALLS_MAX,
        .per_host = CALLS_MAX,
        .allow_private_networks = true,
    });
    snprintf(patient_url, sizeof(patient_url), "http://%s/patient",
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

static void on_answer(const struct wsub_http_answer *answer, void *arg)
{
    (void)arg;
    ck_assert_int_eq(answer->outcome, WSUB_HTTP_ANSWERED);
    done++;
}

static void ask(bool patient)
{
    wsub_http_client_send(client, &(struct wsub_http_send){
                                      .url = patient ? patient_url : urgent_url,
                                      .timeout_ms = DEADLINE_MS,
                                      .answer_max_bytes = 1000,
                                      .patient = patient,
                                      .done = on_answer,
                                  });
}

static void on_refusal(const struct wsub_http_answer *answer, void *arg)
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
                                      .answer_max_bytes = 1000,
                                      .done = on_refusal,
                                  });
}

static void ask_patiently(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ask(true);
}

START_TEST(an_urgent_request_goes_before_patient_ones)
{
    ask_patiently(PATIENT);
    ask(false);
    ck_assert_uint_eq(wsub_http_client_patient(client), PATIENT);
    WAIT_FOR(wsub_loop_base(loop), done == PATIENT + 1);
    ck_assert_str_eq(first_path, "/urgent");
    ck_assert_uint_eq(wsub_http_client_patient(client), 0);
}
END_TEST

START_TEST(no_more_are_in_flight_than_may_be)
{
    holds = true;
    ask_patiently(PATIENT);
    WAIT_FOR(wsub_loop_base(loop), held_count == CALLS_MAX);
    ck_assert_uint_eq(wsub_http_client_patient(client), PATIENT - CALLS_MAX);
    holds = false;
    for (size_t i = 0; i < CALLS_MAX; i++)
        wsub_http_reply_text(held[i], 200, "fine");
    WAIT_FOR(wsub_loop_base(loop), done == PATIENT);
}
END_TEST

static void on_always(evutil_socket_t fd, short what, void *arg)
{
    struct event **always = arg;

    (void)fd;
    (void)what;
    if (done < PATIENT)
        event_active(*always, EV_TIMEOUT, 0);
}

START_TEST(they_start_though_the_loop_is_never_quiet)
{
    struct event *always =
        evtimer_new(wsub_loop_base(loop), on_always, &always);

    event_priority_set(always, WSUB_LOOP_LATER);
    event_active(always, EV_TIMEOUT, 0);
    ask_patiently(PATIENT);
    WAIT_FOR(wsub_loop_base(loop), done == PATIENT);
    event_free(always);
}
END_TEST

START_TEST(those_that_have_not_started_are_dropped_with_the_client)
{
    ask_patiently(PATIENT);
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
    TCase *cases = tcase_create("patient");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_urgent_request_goes_before_patient_ones);
    tcase_add_test(cases, no_more_are_in_flight_than_may_be);
    tcase_add_test(cases, they_start_though_the_loop_is_never_quiet);
    tcase_add_test(cases,
                   those_that_have_not_started_are_dropped_with_the_client);
    tcase_add_test(cases, nothing_is_lost_between_http_and_https);
    return suite_run("http_client", cases);
}
