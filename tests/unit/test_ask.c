#include "deliver/ask.h"

#include <string.h>

#include "tests/unit/suite.h"

#define CHALLENGE                                                              \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct deliver_ask make_ask(enum deliver_ask_mode mode,
                                   const char *callback, const char *reason)
{
    return (struct deliver_ask){.mode = mode,
                                .topic = "http://t.example/a b",
                                .callback = callback,
                                .reason = reason,
                                .lease_s = 60,
                                .challenge = CHALLENGE};
}

static const struct {
    enum deliver_ask_mode mode;
    const char *callback, *reason, *url;
} urls[] = {
    {DELIVER_ASK_SUBSCRIBE, "http://c/", NULL,
     "http://c/?hub.mode=subscribe&hub.topic=http%3A%2F%2Ft.example%2Fa%20b"
     "&hub.challenge=" CHALLENGE "&hub.lease_seconds=60"},
    {DELIVER_ASK_UNSUBSCRIBE, "http://c/?b=%20+&a", NULL,
     "http://c/?b=%20+&a&hub.mode=unsubscribe"
     "&hub.topic=http%3A%2F%2Ft.example%2Fa%20b&hub.challenge=" CHALLENGE},
    {DELIVER_ASK_DENIED, "http://c/", "no & never",
     "http://c/?hub.mode=denied&hub.topic=http%3A%2F%2Ft.example%2Fa%20b"
     "&hub.reason=no%20%26%20never"},
    {DELIVER_ASK_DENIED, "http://c/?k=1", "",
     "http://c/?k=1&hub.mode=denied"
     "&hub.topic=http%3A%2F%2Ft.example%2Fa%20b"},
};

START_TEST(the_parameters_follow_the_callbacks_own)
{
    struct deliver_ask ask =
        make_ask(urls[_i].mode, urls[_i].callback, urls[_i].reason);
    struct wsub_buf url = {0};

    deliver_ask_url(&ask, &url);
    ck_assert_str_eq(url.data, urls[_i].url);
    wsub_buf_done(&url);
}
END_TEST

static const struct {
    enum wsub_http_outcome outcome;
    long status;
    const char *body;
    enum deliver_verdict verification, denial;
} answers[] = {
    {WSUB_HTTP_RESPONDED, 200, CHALLENGE, DELIVER_VERDICT_FINE,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 299, CHALLENGE, DELIVER_VERDICT_FINE,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 200, CHALLENGE "\n", DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 204, "", DELIVER_VERDICT_FINAL, DELIVER_VERDICT_FINE},
    {WSUB_HTTP_TOO_LARGE, 200, CHALLENGE, DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_TIMEOUT, 200, CHALLENGE, DELIVER_VERDICT_AGAIN,
     DELIVER_VERDICT_FINE},
    {WSUB_HTTP_RESPONDED, 302, CHALLENGE, DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_AGAIN},
    {WSUB_HTTP_RESPONDED, 404, CHALLENGE, DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_AGAIN},
    {WSUB_HTTP_RESPONDED, 410, "", DELIVER_VERDICT_FINAL,
     DELIVER_VERDICT_AGAIN},
    {WSUB_HTTP_RESPONDED, 500, CHALLENGE, DELIVER_VERDICT_AGAIN,
     DELIVER_VERDICT_AGAIN},
    {WSUB_HTTP_TIMEOUT, 0, "", DELIVER_VERDICT_AGAIN, DELIVER_VERDICT_AGAIN},
    {WSUB_HTTP_UNREACHED, 0, "", DELIVER_VERDICT_AGAIN, DELIVER_VERDICT_AGAIN},
    {WSUB_HTTP_BLOCKED, 0, "", DELIVER_VERDICT_FINAL, DELIVER_VERDICT_AGAIN},
};

START_TEST(an_answer_is_judged_by_what_was_asked)
{
    struct deliver_ask intent = make_ask('s', "http://c/", NULL),
                       end = make_ask('u', "http://c/", NULL),
                       denial = make_ask('d', "http://c/", "");
    struct wsub_http_response answer = {.outcome = answers[_i].outcome,
                                        .status = answers[_i].status,
                                        .error = "",
                                        .body = answers[_i].body,
                                        .body_len = strlen(answers[_i].body)};

    ck_assert_int_eq(deliver_ask_judge(&intent, &answer),
                     answers[_i].verification);
    ck_assert_int_eq(deliver_ask_judge(&end, &answer),
                     answers[_i].verification);
    ck_assert_int_eq(deliver_ask_judge(&denial, &answer), answers[_i].denial);
}
END_TEST

START_TEST(three_letters_are_modes)
{
    for (int letter = 0; letter < 256; letter++)
        ck_assert_int_eq(deliver_ask_is_mode((char)letter),
                         letter == 's' || letter == 'u' || letter == 'd');
    ck_assert_str_eq(deliver_ask_mode_name('s'), "subscribe");
    ck_assert_str_eq(deliver_ask_mode_name('u'), "unsubscribe");
    ck_assert_str_eq(deliver_ask_mode_name('d'), "denied");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ask");

    tcase_add_loop_test(cases, the_parameters_follow_the_callbacks_own, 0,
                        COUNT(urls));
    tcase_add_loop_test(cases, an_answer_is_judged_by_what_was_asked, 0,
                        COUNT(answers));
    tcase_add_test(cases, three_letters_are_modes);
    return suite_run("ask", cases);
}
