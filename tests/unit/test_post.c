/* test_post.c - the POST of a delivery: deliver/post.h. */
#include "deliver/post.h"

#include "common/base/container_of.h"
#include "tests/unit/subscriber_fixture.h"

#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define SECRET "secret"
#define AGENT "websubd/1 (+http://hub.example/)"

static struct wsub_keyring *ring;
static struct deliver_poster poster;
static struct wsub_hash_rules hash_rules;
static struct wsub_choices choices;
static struct deliver_post post;
static struct deliver_content content;
static struct wsub_buf sealed;
static unsigned responses;
static long status;
static char agent[] = "User-Agent: " AGENT;
static char type_header[] = "Content-Type: text/plain",
            link_header[] = "Link: <http://hub.example/>; rel=\"hub\"",
            event_header[] = "Websubd-Event: 3-1700000000000-1",
            coding_header[] = "Content-Encoding: gzip", body[] = "body",
            topic[] = "http://t.example/";

static void on_response(struct deliver_post *of,
                        const struct wsub_http_response *response)
{
    ck_assert_ptr_eq(of, &post);
    responses++;
    status = response->status;
}

static void set_up(void)
{
    char err_text[256];

    responses = 0;
    status = 0;
    redis_set_up();
    subscriber_set_up();
    ck_assert_int_eq(wsub_keyring_load("", err_text, &ring), WSUB_OK);
    poster = (struct deliver_poster){
        .client = client,
        .ring = ring,
        .hash_rules = &hash_rules,
        .user_agent = agent,
        .timeout_ms = DEADLINE_MS,
    };
    for (int i = 0; i < WSUB_HASH_MAX_; i++)
        poster.hmacs[i] = wsub_hmac_new((enum wsub_hash)i);
    ck_assert(wsub_hash_rules_parse("*.old.example=sha1, 127.0.0.*=sha384",
                                    &hash_rules));
    choices = (struct wsub_choices){0};
    post = (struct deliver_post){.on_response = on_response};
    content = (struct deliver_content){
        .topic = topic,
        .type_header = type_header,
        .link_header = link_header,
        .event_header = event_header,
        .event = event_header + strlen("Websubd-Event: "),
        .body = body,
        .body_len = strlen(body),
    };
    sealed = (struct wsub_buf){0};
    wsub_seal(ring, TD ":" CD, SECRET, strlen(SECRET), &sealed);
}

static void tear_down(void)
{
    wsub_buf_done(&sealed);
    subscriber_tear_down();
    for (int i = 0; i < WSUB_HASH_MAX_; i++)
        wsub_hmac_free(poster.hmacs[i]);
    wsub_keyring_free(ring);
    redis_tear_down();
}

static bool send_to(const char *cd, const char *secret, size_t secret_len,
                    bool background)
{
    return deliver_post_send(&poster, &post,
                             &(struct deliver_post_target){
                                 .content = &content,
                                 .callback = subscriber_callback(),
                                 .secret = secret,
                                 .secret_len = secret_len,
                                 .td = TD,
                                 .cd = cd,
                                 .choices = choices,
                                 .attempt = 7,
                                 .now_s = 1700000123,
                                 .background = background,
                             });
}

START_TEST(the_content_is_posted_with_its_headers)
{
    subscriber_status = 202;
    ck_assert(send_to(CD, "", 0, false));
    ck_assert_uint_eq(responses, 0);
    WAIT_FOR(base, responses == 1);
    ck_assert_int_eq(status, 202);
    ck_assert_str_eq(subscriber_body, "body");
    ck_assert_str_eq(subscriber_type, "text/plain");
    ck_assert_str_eq(subscriber_link, "<http://hub.example/>; rel=\"hub\"");
    ck_assert_str_eq(subscriber_agent, AGENT);
    ck_assert_str_eq(subscriber_signature, "");
    ck_assert_str_eq(subscriber_coding, "");
    ck_assert_str_eq(subscriber_event, "3-1700000000000-1");
    ck_assert_str_eq(subscriber_attempt, "7");
    ck_assert_str_eq(subscriber_webhook, "  ");
}
END_TEST

START_TEST(the_coding_of_the_body_is_sent_on)
{
    content.coding_header = coding_header;
    ck_assert(send_to(CD, "", 0, false));
    WAIT_FOR(base, responses == 1);
    ck_assert_str_eq(subscriber_coding, "gzip");
    ck_assert_str_eq(subscriber_body, "body");
}
END_TEST

START_TEST(standard_webhooks_have_three_headers_more)
{
    poster.headers = WSUB_HEADERS_STANDARD;
    ck_assert(send_to(CD, sealed.data, sealed.len, false));
    WAIT_FOR(base, responses == 1);
    ck_assert_str_eq(subscriber_webhook,
                     "3-1700000000000-1 1700000123 "
                     "v1,qy5U6RBJUMT76X9prxu6wxbHkTTyHVufADyr5dRt3CM=");
    ck_assert_uint_gt(strlen(subscriber_signature), 0);
    ck_assert(send_to(CD, "", 0, false));
    WAIT_FOR(base, responses == 2);
    ck_assert_str_eq(subscriber_webhook, "3-1700000000000-1 1700000123 ");
}
END_TEST

START_TEST(the_subscriber_chooses_its_headers)
{
    choices.has_headers = true;
    choices.headers = WSUB_HEADERS_STANDARD;
    ck_assert(send_to(CD, "", 0, false));
    WAIT_FOR(base, responses == 1);
    ck_assert_str_ne(subscriber_webhook, "  ");
    poster.headers = WSUB_HEADERS_STANDARD;
    choices.headers = WSUB_HEADERS_WEBSUB;
    ck_assert(send_to(CD, "", 0, false));
    WAIT_FOR(base, responses == 2);
    ck_assert_str_eq(subscriber_webhook, "  ");
}
END_TEST

/* Sends with the secret; the hash must be that one. */
static void check_hash(enum wsub_hash hash)
{
    char expected[WSUB_SIGNATURE_MAX];
    unsigned before = responses;

    wsub_hmac_sign(poster.hmacs[hash], SECRET, strlen(SECRET), body,
                   strlen(body), expected);
    ck_assert(send_to(CD, sealed.data, sealed.len, false));
    WAIT_FOR(base, responses == before + 1);
    ck_assert_str_eq(subscriber_signature, expected);
}

START_TEST(a_secret_signs_the_body_by_the_rules)
{
    check_hash(WSUB_HASH_SHA384);
    hash_rules.count = 0;
    check_hash(WSUB_HASH_SHA256);
}
END_TEST

START_TEST(what_the_subscriber_chose_counts_before_the_rules)
{
    for (int i = 0; i < WSUB_HASH_MAX_; i++) {
        choices.has_hash = true;
        choices.hash = (enum wsub_hash)i;
        check_hash(choices.hash);
    }
}
END_TEST

static const struct {
    const char *cd, *secret;
} unreadable[] = {
    {"DDDDDDDDDDDDDDDDDDDDDD", "g.key.AAAA"}, /* there is no such key */
    {CD, "nonsense"},
    {CD, "q.secret"},
};

START_TEST(nothing_is_sent_when_the_secret_cannot_be_opened)
{
    const char *secret = unreadable[_i].secret;

    ck_assert(!send_to(unreadable[_i].cd, secret, strlen(secret), false));
    redis_turn_some();
    ck_assert_uint_eq(responses, 0);
    ck_assert_uint_eq(subscriber_requests, 0);
}
END_TEST

START_TEST(an_empty_body_is_posted_too)
{
    content.body_len = 0;
    ck_assert(send_to(CD, "", 0, true)); /* in the background */
    WAIT_FOR(base, responses == 1);
    ck_assert_int_eq(status, 200);
    ck_assert_str_eq(subscriber_body, "");
    ck_assert_str_eq(subscriber_type, "text/plain");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("post");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_content_is_posted_with_its_headers);
    tcase_add_test(cases, a_secret_signs_the_body_by_the_rules);
    tcase_add_test(cases, what_the_subscriber_chose_counts_before_the_rules);
    tcase_add_test(cases, the_coding_of_the_body_is_sent_on);
    tcase_add_test(cases, standard_webhooks_have_three_headers_more);
    tcase_add_test(cases, the_subscriber_chooses_its_headers);
    tcase_add_loop_test(cases, nothing_is_sent_when_the_secret_cannot_be_opened,
                        0, COUNT(unreadable));
    tcase_add_test(cases, an_empty_body_is_posted_too);
    return suite_run("post", cases);
}
