/* test_host_sign.c - what requests say about hosts, of common/host/sign.h. */
#include "common/host/sign.h"
#include "tests/unit/suite.h"

static const struct {
    enum wsub_http_outcome outcome;
    long status;
    bool connected;
    enum wsub_host_sign sign;
} signs[] = {
    {WSUB_HTTP_RESPONDED, 200, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 204, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 304, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 410, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 302, true, WSUB_HOST_SIGN_REFUSED},
    {WSUB_HTTP_RESPONDED, 404, true, WSUB_HOST_SIGN_REFUSED},
    {WSUB_HTTP_RESPONDED, 500, true, WSUB_HOST_SIGN_REFUSED},
    {WSUB_HTTP_RESPONDED, 502, true, WSUB_HOST_SIGN_REFUSED},
    {WSUB_HTTP_RESPONDED, 429, true, WSUB_HOST_SIGN_PUSHBACK},
    {WSUB_HTTP_RESPONDED, 503, true, WSUB_HOST_SIGN_OVERLOAD},
    {WSUB_HTTP_TOO_LARGE, 200, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_TIMEOUT, 200, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_TIMEOUT, 503, true, WSUB_HOST_SIGN_OVERLOAD},
    {WSUB_HTTP_TIMEOUT, 0, true, WSUB_HOST_SIGN_TIMEOUT},
    {WSUB_HTTP_TIMEOUT, 0, false, WSUB_HOST_SIGN_UNREACHED},
    {WSUB_HTTP_UNREACHED, 200, true, WSUB_HOST_SIGN_WELL},
    {WSUB_HTTP_UNREACHED, 0, true, WSUB_HOST_SIGN_BROKEN},
    {WSUB_HTTP_UNREACHED, 0, false, WSUB_HOST_SIGN_UNREACHED},
    {WSUB_HTTP_BLOCKED, 0, false, WSUB_HOST_SIGN_NONE},
};

START_TEST(a_request_says_something_about_where_it_went)
{
    struct wsub_http_response response = {.outcome = signs[_i].outcome,
                                          .status = signs[_i].status,
                                          .connected = signs[_i].connected,
                                          .duration_ms = 7,
                                          .easy = curl_easy_init()};
    struct wsub_host_report report = wsub_host_report_of(&response, 1000);

    ck_assert_int_eq(report.sign, signs[_i].sign);
    ck_assert_int_eq(report.status, signs[_i].status);
    ck_assert_uint_eq(report.latency_us, 7000);
    ck_assert_uint_eq(report.asked_ms, 0);
    curl_easy_cleanup(response.easy);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host sign");

    tcase_add_loop_test(cases, a_request_says_something_about_where_it_went, 0,
                        COUNT(signs));
    return suite_run("host sign", cases);
}
