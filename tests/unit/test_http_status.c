/* The pages for machines. */
#include "http_fixture.h"

#include "common/base/metrics.h"
#include "common/http/status.h"
#include "tests/unit/suite.h"

struct program {
    bool ready;
    const char *reason;
};

static bool is_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct program *program = arg;

    snprintf(reason, WSUB_STATUS_REASON_BYTES, "%s", program->reason);
    return program->ready;
}

static const struct {
    const char *path;
    struct program program;
    int status;
    const char *body;
} status_cases[] = {
    {"/healthz", {false, ""}, 200, "\r\n\r\nok\n"},
    {"/readyz", {true, ""}, 200, "\r\n\r\nready\n"},
    {"/readyz", {true, "100% full"}, 200, "\r\n\r\nready: 100% full\n"},
    {"/readyz",
     {false, "Redis is 100% away."},
     503,
     "\r\n\r\nRedis is 100% away.\n"},
    {"/metrics", {true, ""}, 200, "\nwebsubd_test_total 7\n"},
    {"/metrics",
     {true, ""},
     200,
     "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"},
    {"/", {true, ""}, 404, ""},
};

START_TEST(status_answers)
{
    static const struct wsub_metric metrics[] = {
        {"websubd_test_total", "A test.", WSUB_COUNTER, NULL, 7}};
    struct program program = status_cases[_i].program;
    struct wsub_status_source source = {.ready = is_ready, .arg = &program};
    struct wsub_buf in = {0}, text = {0};
    char err_text[256], raw[128];
    int fd;

    wsub_metrics_register(metrics, 1);
    base = event_base_new();
    ck_assert_int_eq(
        wsub_status_server_new(base, "127.0.0.1:0", &source, err_text, &server),
        WSUB_OK);
    fd = dial();
    snprintf(raw, sizeof(raw), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
             status_cases[_i].path);
    give(fd, raw);
    ck_assert_int_eq(take_answer(fd, &in, false, &text),
                     status_cases[_i].status);
    ck_assert_msg(strstr(wsub_buf_cstr(&text), status_cases[_i].body) != NULL,
                  "%s", wsub_buf_cstr(&text));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
    stop();
}
END_TEST

START_TEST(no_status_address_means_no_server)
{
    struct wsub_status_source source = {.ready = is_ready};
    char err_text[256] = "";

    base = event_base_new();
    ck_assert_int_eq(
        wsub_status_server_new(base, "", &source, err_text, &server), WSUB_OK);
    ck_assert_ptr_null(server);
    stop();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_status");

    tcase_add_loop_test(tcase, status_answers, 0, COUNT(status_cases));
    tcase_add_test(tcase, no_status_address_means_no_server);
    return suite_run("http_status", tcase);
}
