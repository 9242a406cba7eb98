#include "deliver/intent.h"

#include <string.h>

#include "tests/unit/suite.h"

#define CHALLENGE                                                              \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct deliver_intent make(enum wsub_request_mode mode,
                                  const char *callback, const char *reason)
{
    return (struct deliver_intent){.mode = mode,
                                   .topic = "http://t.example/a b",
                                   .callback = callback,
                                   .reason = reason,
                                   .lease_s = 60,
                                   .verify_token = "",
                                   .challenge = CHALLENGE};
}

static const struct {
    enum wsub_request_mode mode;
    const char *callback, *reason, *url;
} urls[] = {
    {WSUB_MODE_SUBSCRIBE, "http://c/", NULL,
     "http://c/?hub.mode=subscribe&hub.topic=http%3A%2F%2Ft.example%2Fa%20b"
     "&hub.challenge=" CHALLENGE "&hub.lease_seconds=60"},
    {WSUB_MODE_UNSUBSCRIBE, "http://c/?b=%20+&a", NULL,
     "http://c/?b=%20+&a&hub.mode=unsubscribe"
     "&hub.topic=http%3A%2F%2Ft.example%2Fa%20b&hub.challenge=" CHALLENGE},
    {WSUB_MODE_DENIED, "http://c/", "no & never",
     "http://c/?hub.mode=denied&hub.topic=http%3A%2F%2Ft.example%2Fa%20b"
     "&hub.reason=no%20%26%20never"},
    {WSUB_MODE_DENIED, "http://c/?k=1", "",
     "http://c/?k=1&hub.mode=denied"
     "&hub.topic=http%3A%2F%2Ft.example%2Fa%20b"},
};

START_TEST(the_parameters_follow_the_callbacks_own)
{
    struct deliver_intent intent =
        make(urls[_i].mode, urls[_i].callback, urls[_i].reason);
    struct wsub_buf url = {0};

    deliver_intent_url(&intent, &url);
    ck_assert_str_eq(url.data, urls[_i].url);
    wsub_buf_done(&url);
}
END_TEST

START_TEST(a_verify_token_is_sent_back)
{
    static const char token[] = "&hub.verify_token=a%20%26%C3%A4";
    struct wsub_buf url = {0};

    for (int i = 0; i < 3; i++) {
        static const enum wsub_request_mode modes[] = {
            WSUB_MODE_SUBSCRIBE, WSUB_MODE_UNSUBSCRIBE, WSUB_MODE_DENIED};
        struct deliver_intent intent = make(modes[i], "http://c/", "");

        intent.verify_token = "a &\xc3\xa4";
        wsub_buf_clear(&url);
        deliver_intent_url(&intent, &url);
        ck_assert_int_eq(strstr(url.data, token) != NULL, i < 2);
    }
    wsub_buf_done(&url);
}
END_TEST

static const struct {
    enum wsub_http_outcome outcome;
    long status;
    const char *body;
    enum deliver_verdict verification, denial;
} responses[] = {
    {WSUB_HTTP_RESPONDED, 200, CHALLENGE, DELIVER_VERDICT_FINE,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 299, CHALLENGE, DELIVER_VERDICT_FINE,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 200, CHALLENGE "\n", DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 204, "", DELIVER_VERDICT_FINAL, DELIVER_VERDICT_FINE},
    {WSUB_HTTP_TOO_LARGE, 200, CHALLENGE, DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_TIMEOUT, 200, CHALLENGE, DELIVER_VERDICT_RETRY,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 302, CHALLENGE, DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 404, CHALLENGE, DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 410, "", DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 500, CHALLENGE, DELIVER_VERDICT_RETRY,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 503, "", DELIVER_VERDICT_RETRY,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 408, "", DELIVER_VERDICT_RETRY,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 425, "", DELIVER_VERDICT_RETRY,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 429, "", DELIVER_VERDICT_RETRY,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_RESPONDED, 407, "", DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_TIMEOUT, 0, "", DELIVER_VERDICT_RETRY, DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_UNREACHED, 0, "", DELIVER_VERDICT_RETRY, DELIVER_VERDICT_RETRY},
    {WSUB_HTTP_BLOCKED, 0, "", DELIVER_VERDICT_FINAL, DELIVER_VERDICT_RETRY},
};

START_TEST(a_response_is_judged_by_the_mode)
{
    struct deliver_intent begin = make(WSUB_MODE_SUBSCRIBE, "http://c/", NULL),
                          end = make(WSUB_MODE_UNSUBSCRIBE, "http://c/", NULL),
                          denial = make(WSUB_MODE_DENIED, "http://c/", "");
    struct wsub_http_response response = {.outcome = responses[_i].outcome,
                                          .status = responses[_i].status,
                                          .error = "",
                                          .body = responses[_i].body,
                                          .body_len =
                                              strlen(responses[_i].body)};
    char why[WSUB_VERIFICATION_WHY_BYTES];

    ck_assert_int_eq(deliver_intent_judge(&begin, &response, why),
                     responses[_i].verification);
    ck_assert_int_eq(deliver_intent_judge(&end, &response, why),
                     responses[_i].verification);
    ck_assert_int_eq(deliver_intent_judge(&denial, &response, why),
                     responses[_i].denial);
}
END_TEST

START_TEST(each_mode_has_the_name_that_the_callback_is_sent)
{
    ck_assert_str_eq(wsub_request_mode_name(WSUB_MODE_SUBSCRIBE), "subscribe");
    ck_assert_str_eq(wsub_request_mode_name(WSUB_MODE_UNSUBSCRIBE),
                     "unsubscribe");
    ck_assert_str_eq(wsub_request_mode_name(WSUB_MODE_DENIED), "denied");
}
END_TEST

static const struct {
    enum wsub_http_outcome outcome;
    long status;
    size_t body_len;
    const char *error, *why;
} reasons[] = {
    {WSUB_HTTP_RESPONDED, 404, 9, "", "HTTP status 404"},
    {WSUB_HTTP_RESPONDED, 200, 70, "", "not the challenge: 70 bytes"},
    {WSUB_HTTP_RESPONDED, 204, 0, "", "not the challenge: 0 bytes"},
    {WSUB_HTTP_TOO_LARGE, 200, 5000, "the response is too large",
     "not the challenge: more than 4096 bytes"},
    {WSUB_HTTP_TIMEOUT, 0, 0, "it took too long", "it took too long"},
    {WSUB_HTTP_BLOCKED, 0, 0, "no such luck", "no such luck"},
};

START_TEST(a_failure_says_why)
{
    static char body[5000];
    struct deliver_intent intent = make(WSUB_MODE_SUBSCRIBE, "http://c/", NULL);
    struct wsub_http_response response = {.outcome = reasons[_i].outcome,
                                          .status = reasons[_i].status,
                                          .error = reasons[_i].error,
                                          .body = body,
                                          .body_len = reasons[_i].body_len};
    char why[WSUB_VERIFICATION_WHY_BYTES];

    ck_assert_int_ne(deliver_intent_judge(&intent, &response, why),
                     DELIVER_VERDICT_FINE);
    ck_assert_str_eq(why, reasons[_i].why);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("intent");

    tcase_add_loop_test(cases, the_parameters_follow_the_callbacks_own, 0,
                        COUNT(urls));
    tcase_add_test(cases, a_verify_token_is_sent_back);
    tcase_add_loop_test(cases, a_response_is_judged_by_the_mode, 0,
                        COUNT(responses));
    tcase_add_loop_test(cases, a_failure_says_why, 0, COUNT(reasons));
    tcase_add_test(cases, each_mode_has_the_name_that_the_callback_is_sent);
    return suite_run("intent", cases);
}
