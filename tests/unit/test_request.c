/* test_request.c - how a topic is got, by spreader/request.h. */
#include "spreader/request.h"

#include "common/http/relation.h"
#include "tests/unit/publisher_fixture.h"

static struct spread_request request;
static unsigned responses;

/* The last response. */
static struct {
    enum spread_outcome outcome;
    long status;
    char error[200], url[200], etag[2000], type[200], body[200], hub[200];
} got;

static void copy(char to[200], const char *text)
{
    snprintf(to, 200, "%s", text);
}

static void on_response(const struct spread_response *response, void *arg)
{
    (void)arg;
    responses++;
    got.outcome = response->outcome;
    got.status = response->status;
    copy(got.error, response->error);
    copy(got.url, response->url);
    if (response->outcome != SPREAD_CONTENT)
        return;
    copy(got.etag, response->etag);
    copy(got.type, response->type);
    copy(got.body, response->body);
    if (response->relations->hub.count > 0)
        copy(got.hub, wsub_buf_cstr(&response->relations->hub.url[0]));
}

static void set_up(void)
{
    redis_set_up();
    publisher_set_up();
    request = (struct spread_request){0};
    responses = 0;
    memset(&got, 0, sizeof(got));
}

static void tear_down(void)
{
    publisher_tear_down();
    spread_request_done(&request);
    redis_tear_down();
}

static void get(struct spread_request_options options, const char *path)
{
    unsigned before = responses;

    options.client = client;
    options.config = &config;
    options.public_url = PUBLISHER_HUB;
    options.url = publisher_url(path);
    options.on_response = on_response;
    spread_request_start(&request, &options);
    WAIT_FOR(base, responses > before);
}

START_TEST(content_comes_with_its_headers)
{
    get((struct spread_request_options){0}, "/content");
    ck_assert_int_eq(got.outcome, SPREAD_CONTENT);
    ck_assert_int_eq(got.status, 200);
    ck_assert_str_eq(got.error, "");
    ck_assert_str_eq(got.url, publisher_url("/content"));
    ck_assert_str_eq(got.etag, "\"7\"");
    ck_assert_str_eq(got.type, "text/plain");
    ck_assert_str_eq(got.body, "content");
    ck_assert_str_eq(got.hub, PUBLISHER_HUB);
}
END_TEST

START_TEST(the_publisher_is_told_who_fetches_and_for_how_many)
{
    get((struct spread_request_options){.subscribers = 3}, "/content");
    ck_assert_str_eq(publisher_agent, "websubd/" WSUB_VERSION
                                      " (+" PUBLISHER_HUB "; 3 subscribers)");
    get((struct spread_request_options){0}, "/content");
    ck_assert_str_eq(publisher_agent,
                     "websubd/" WSUB_VERSION " (+" PUBLISHER_HUB ")");
}
END_TEST

START_TEST(validators_may_bring_that_nothing_has_changed)
{
    get((struct spread_request_options){.etag = "\"7\"",
                                        .last_modified = "yesterday"},
        "/content");
    ck_assert_str_eq(publisher_if_none_match, "\"7\"");
    ck_assert_int_eq(got.outcome, SPREAD_UNCHANGED);
    ck_assert_int_eq(got.status, 304);
}
END_TEST

START_TEST(validators_are_for_the_url_that_gave_them)
{
    char source[200];

    copy(source, publisher_url("/hop?1"));
    get((struct spread_request_options){.etag = "\"7\"", .source = source},
        "/hop?2");
    ck_assert_str_eq(publisher_if_none_match, "");
    ck_assert_int_eq(got.outcome, SPREAD_CONTENT);
    copy(source, publisher_url("/hop?0"));
    get((struct spread_request_options){.etag = "\"7\"", .source = source},
        "/hop?2");
    ck_assert_str_eq(publisher_if_none_match, "\"7\"");
    ck_assert_int_eq(got.outcome, SPREAD_UNCHANGED);
}
END_TEST

static const struct {
    const char *path;
    enum spread_outcome outcome;
    long status;
    const char *error;
    const char *last_path;
} cases_of_responses[] = {
    {"/hop?5", SPREAD_CONTENT, 200, "", "/hop?0"},
    {"/hop?6", SPREAD_REFUSED, 302, "it redirects more than 5 times", "/hop?1"},
    {"/to?/content", SPREAD_CONTENT, 200, "", "/content"},
    {"/to?/to?/content", SPREAD_CONTENT, 200, "", "/content"},
    {"/to?mailto:a@b.example", SPREAD_REFUSED, 307,
     "it redirects to what is no http or https URL", "/to?mailto:a@b.example"},
    {"/status?301", SPREAD_REFUSED, 301, "it redirects without a Location",
     "/status?301"},
    {"/status?304", SPREAD_REFUSED, 304, "HTTP status 304", "/status?304"},
    {"/status?404", SPREAD_REFUSED, 404, "HTTP status 404", "/status?404"},
    {"/status?429", SPREAD_FAILED, 429, "HTTP status 429", "/status?429"},
    {"/status?500", SPREAD_FAILED, 500, "HTTP status 500", "/status?500"},
};

START_TEST(a_response_is_content_a_failure_or_a_refusal)
{
    get((struct spread_request_options){0}, cases_of_responses[_i].path);
    ck_assert_int_eq(got.outcome, cases_of_responses[_i].outcome);
    ck_assert_int_eq(got.status, cases_of_responses[_i].status);
    ck_assert_str_eq(got.error, cases_of_responses[_i].error);
    ck_assert_str_eq(got.url, publisher_url(cases_of_responses[_i].last_path));
}
END_TEST

START_TEST(a_loop_of_redirects_ends)
{
    char path[200];

    snprintf(path, sizeof(path), "/to?%s", publisher_url("/hop?1"));
    get((struct spread_request_options){0}, path);
    ck_assert_int_eq(got.outcome, SPREAD_CONTENT);
    get((struct spread_request_options){0}, "/to?");
    ck_assert_int_eq(got.outcome, SPREAD_REFUSED);
    ck_assert_str_eq(got.error, "it redirects in a loop");
}
END_TEST

START_TEST(a_body_that_is_too_large_is_refused)
{
    get((struct spread_request_options){0}, "/large");
    ck_assert_int_eq(got.outcome, SPREAD_REFUSED);
    ck_assert_int_eq(got.status, 200);
}
END_TEST

START_TEST(a_publisher_that_is_silent_fails_in_time)
{
    config.timeout_ms = 50;
    get((struct spread_request_options){0}, "/later");
    ck_assert_int_eq(got.outcome, SPREAD_FAILED);
    ck_assert_int_eq(got.status, 0);
    if (publisher_waits != NULL)
        wsub_http_respond(publisher_waits, 204, NULL, NULL, 0);
}
END_TEST

START_TEST(an_address_that_is_not_allowed_is_blocked)
{
    wsub_http_client_free(client);
    client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = DEADLINE_MS,
        .max_requests = 1,
    });
    get((struct spread_request_options){0}, "/content");
    ck_assert_int_eq(got.outcome, SPREAD_BLOCKED);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("request");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, content_comes_with_its_headers);
    tcase_add_test(cases, the_publisher_is_told_who_fetches_and_for_how_many);
    tcase_add_test(cases, validators_may_bring_that_nothing_has_changed);
    tcase_add_test(cases, validators_are_for_the_url_that_gave_them);
    tcase_add_loop_test(cases, a_response_is_content_a_failure_or_a_refusal, 0,
                        COUNT(cases_of_responses));
    tcase_add_test(cases, a_loop_of_redirects_ends);
    tcase_add_test(cases, a_body_that_is_too_large_is_refused);
    tcase_add_test(cases, a_publisher_that_is_silent_fails_in_time);
    tcase_add_test(cases, an_address_that_is_not_allowed_is_blocked);
    return suite_run("request", cases);
}
