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

int main(void)
{
    TCase *cases = tcase_create("attempt");

    tcase_add_loop_test(cases, each_error_has_a_word, 0, COUNT(words));
    return suite_run("attempt", cases);
}
