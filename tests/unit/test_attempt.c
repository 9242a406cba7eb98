/* test_attempt.c - what an attempt came to, of deliver/attempt.h. */
#include "deliver/attempt.h"
#include "tests/unit/suite.h"

static const struct {
    enum wsub_http_outcome outcome;
    CURLcode code;
    const char *word;
} words[] = {
    {WSUB_HTTP_RESPONDED, CURLE_OK, NULL},
    {WSUB_HTTP_TOO_LARGE, CURLE_WRITE_ERROR, NULL},
    {WSUB_HTTP_TIMEOUT, CURLE_OPERATION_TIMEDOUT, "timeout"},
    {WSUB_HTTP_BLOCKED, CURLE_COULDNT_CONNECT, "blocked"},
    {WSUB_HTTP_BLOCKED, CURLE_ABORTED_BY_CALLBACK, "blocked"},
    {WSUB_HTTP_UNREACHED, CURLE_COULDNT_RESOLVE_HOST, "dns"},
    {WSUB_HTTP_UNREACHED, CURLE_COULDNT_CONNECT, "connect"},
    {WSUB_HTTP_UNREACHED, CURLE_SSL_CONNECT_ERROR, "tls"},
    {WSUB_HTTP_UNREACHED, CURLE_PEER_FAILED_VERIFICATION, "tls"},
    {WSUB_HTTP_UNREACHED, CURLE_GOT_NOTHING, "broken"},
    {WSUB_HTTP_UNREACHED, CURLE_RECV_ERROR, "broken"},
    {WSUB_HTTP_UNREACHED, CURLE_WEIRD_SERVER_REPLY, "broken"},
};

START_TEST(each_error_has_a_word)
{
    ck_assert_pstr_eq(wsub_attempt_error_word(
                          deliver_error_of(words[_i].outcome, words[_i].code)),
                      words[_i].word);
}
END_TEST

static const struct {
    enum wsub_http_outcome outcome;
    long status;
    enum deliver_sign sign;
} signs[] = {
    {WSUB_HTTP_RESPONDED, 200, DELIVER_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 302, DELIVER_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 410, DELIVER_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 429, DELIVER_SIGN_PUSHBACK},
    {WSUB_HTTP_RESPONDED, 500, DELIVER_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 502, DELIVER_SIGN_WELL},
    {WSUB_HTTP_RESPONDED, 503, DELIVER_SIGN_OVERLOAD},
    {WSUB_HTTP_TOO_LARGE, 200, DELIVER_SIGN_WELL},
    {WSUB_HTTP_TIMEOUT, 200, DELIVER_SIGN_WELL},
    {WSUB_HTTP_TIMEOUT, 503, DELIVER_SIGN_OVERLOAD},
    {WSUB_HTTP_TIMEOUT, 0, DELIVER_SIGN_TIMEOUT},
    {WSUB_HTTP_UNREACHED, 200, DELIVER_SIGN_WELL},
    {WSUB_HTTP_UNREACHED, 0, DELIVER_SIGN_UNREACHED},
    {WSUB_HTTP_BLOCKED, 0, DELIVER_SIGN_NONE},
};

START_TEST(an_attempt_is_a_sign_of_its_hosts_health)
{
    ck_assert_int_eq(deliver_sign_of(signs[_i].outcome, signs[_i].status),
                     signs[_i].sign);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("attempt");

    tcase_add_loop_test(cases, each_error_has_a_word, 0, COUNT(words));
    tcase_add_loop_test(cases, an_attempt_is_a_sign_of_its_hosts_health, 0,
                        COUNT(signs));
    return suite_run("attempt", cases);
}
