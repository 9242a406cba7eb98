/* test_request.c - how a topic is got, by spreader/request.h. */
#include "spreader/request.h"

#include "common/net/egress.h"
#include "common/http/relation.h"
#include "tests/unit/publisher_fixture.h"

static struct spread_request request;
static unsigned responses, admissions;
static uint64_t again_ms;
static struct spread_request *enters_next; /* during an admission */

/* The last response. */
static struct {
    enum spread_outcome outcome;
    long status;
    uint64_t again_ms;
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
    got.again_ms = response->again_ms;
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
    responses = admissions = 0;
    enters_next = NULL;
    memset(&got, 0, sizeof(got));
}

static void tear_down(void)
{
    publisher_tear_down();
    spread_request_done(&request);
    publisher_free_hosts();
    redis_tear_down();
}

static void on_admitted(void *arg);

static enum wsub_host_entry enter(struct spread_request *r, const char *path)
{
    return spread_request_enter(r,
                                &(struct spread_request_options){
                                    .client = client,
                                    .hosts = hosts,
                                    .config = &config,
                                    .public_url = PUBLISHER_HUB,
                                    .url = publisher_url(path),
                                    .on_admitted = on_admitted,
                                    .on_response = on_response,
                                },
                                &again_ms);
}

static void on_admitted(void *arg)
{
    (void)arg;
    admissions++;
    if (enters_next != NULL)
        enter(enters_next, "/content");
    enters_next = NULL;
}

static void get(struct spread_conditions conditions, const char *path)
{
    unsigned before = responses;

    ck_assert_int_eq(enter(&request, path), WSUB_HOST_ENTRY_NOW);
    spread_request_send(&request, &conditions);
    WAIT_FOR(base, responses > before);
}

START_TEST(content_comes_with_its_headers)
{
    get((struct spread_conditions){0}, "/content");
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
    get((struct spread_conditions){.subscribers = 3}, "/content");
    ck_assert_str_eq(publisher_agent, "websubd/" WSUB_VERSION
                                      " (+" PUBLISHER_HUB "; 3 subscribers)");
    get((struct spread_conditions){0}, "/content");
    ck_assert_str_eq(publisher_agent,
                     "websubd/" WSUB_VERSION " (+" PUBLISHER_HUB ")");
}
END_TEST

START_TEST(validators_may_bring_that_nothing_has_changed)
{
    get((struct spread_conditions){.etag = "\"7\"",
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
    get((struct spread_conditions){.etag = "\"7\"", .source = source},
        "/hop?2");
    ck_assert_str_eq(publisher_if_none_match, "");
    ck_assert_int_eq(got.outcome, SPREAD_CONTENT);
    copy(source, publisher_url("/hop?0"));
    get((struct spread_conditions){.etag = "\"7\"", .source = source},
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
    get((struct spread_conditions){0}, cases_of_responses[_i].path);
    ck_assert_int_eq(got.outcome, cases_of_responses[_i].outcome);
    ck_assert_int_eq(got.status, cases_of_responses[_i].status);
    ck_assert_str_eq(got.error, cases_of_responses[_i].error);
    ck_assert_str_eq(got.url, publisher_url(cases_of_responses[_i].last_path));
}
END_TEST

START_TEST(a_loop_of_redirects_ends)
{
    char path[256];

    snprintf(path, sizeof(path), "/to?%s", publisher_url("/hop?1"));
    get((struct spread_conditions){0}, path);
    ck_assert_int_eq(got.outcome, SPREAD_CONTENT);
    get((struct spread_conditions){0}, "/to?");
    ck_assert_int_eq(got.outcome, SPREAD_REFUSED);
    ck_assert_str_eq(got.error, "it redirects in a loop");
}
END_TEST

START_TEST(a_body_that_is_too_large_is_refused)
{
    get((struct spread_conditions){0}, "/large");
    ck_assert_int_eq(got.outcome, SPREAD_REFUSED);
    ck_assert_int_eq(got.status, 200);
}
END_TEST

START_TEST(a_publisher_that_is_silent_fails_in_time)
{
    config.timeout_ms = 50;
    get((struct spread_conditions){0}, "/later");
    ck_assert_int_eq(got.outcome, SPREAD_FAILED);
    ck_assert_int_eq(got.status, 0);
    if (publisher_waits != NULL)
        wsub_http_respond(publisher_waits, 204, NULL, NULL, 0);
}
END_TEST

START_TEST(an_address_that_is_not_allowed_is_blocked)
{
    static char none[] = "", ports[] = "1-65535";
    const struct wsub_config strict = {
        .allow_networks = none,
        .deny_networks = none,
        .callback_ports = ports,
    };
    struct wsub_egress *egress = wsub_egress_new(&strict);

    wsub_http_client_free(client);
    client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = DEADLINE_MS,
        .max_requests = 1,
        .kept_connections = 1,
        .egress = egress,
    });
    get((struct spread_conditions){0}, "/content");
    ck_assert_int_eq(got.outcome, SPREAD_BLOCKED);
    ck_assert_uint_eq(publisher_requests, 0);
    wsub_egress_free(egress);
}
END_TEST

static const struct {
    const char *path;
    uint64_t again_ms;
} cases_of_retry_after[] = {
    {"/again?503&60", 60000}, {"/again?429&5", 5000}, {"/again?503&0", 0},
    {"/again?503&soon", 0},   {"/again?500&60", 0},   {"/again?404&60", 0},
};

START_TEST(a_publisher_says_when_to_come_again)
{
    config.retry_cap_ms = 60000;
    get((struct spread_conditions){0}, cases_of_retry_after[_i].path);
    ck_assert_uint_eq(got.again_ms, cases_of_retry_after[_i].again_ms);
}
END_TEST

/* As many as may be are sent, as many wait. */
START_TEST(a_host_takes_no_more_than_it_may)
{
    static const char *const paths[] = {
        "/content?1", "/content?2", "/content?3", "/content?4", "/content?5"};
    struct spread_request all[2 * PUBLISHER_HOST_MAX + 1] = {0};
    size_t count = COUNT(all);

    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(enter(&all[i], paths[i]),
                         i < PUBLISHER_HOST_MAX ? WSUB_HOST_ENTRY_NOW
                         : i < count - 1        ? WSUB_HOST_ENTRY_WAIT
                                                : WSUB_HOST_ENTRY_OPEN);
    ck_assert_uint_eq(again_ms, 500);
    spread_request_send(&all[0], NULL);
    WAIT_FOR(base, responses == 1);
    ck_assert_uint_eq(admissions, 1);
    spread_request_leave(&all[1]);
    ck_assert_uint_eq(admissions, 2);
    ck_assert_uint_eq(publisher_requests, 1);
    for (size_t i = 0; i < count; i++)
        spread_request_done(&all[i]);
}
END_TEST

START_TEST(what_waits_too_long_or_is_abandoned_is_busy)
{
    struct spread_request all[PUBLISHER_HOST_MAX + 2] = {0};

    for (size_t i = 0; i < COUNT(all); i++)
        enter(&all[i], "/content");
    spread_request_abandon(&all[PUBLISHER_HOST_MAX]);
    spread_request_leave(&all[0]);
    ck_assert_uint_eq(responses, 1);
    ck_assert_int_eq(got.outcome, SPREAD_BUSY);
    ck_assert_uint_eq(admissions, 1);
    ck_assert_int_eq(enter(&all[0], "/content"), WSUB_HOST_ENTRY_WAIT);
    wsub_hosts_expire(hosts, true, wsub_now_us());
    ck_assert_uint_eq(responses, 2);
    ck_assert_int_eq(got.outcome, SPREAD_BUSY);
    ck_assert_uint_eq(got.again_ms, 500);
    for (size_t i = 0; i < COUNT(all); i++)
        spread_request_done(&all[i]);
}
END_TEST

START_TEST(a_redirect_to_a_host_that_is_busy_is_no_failure)
{
    struct spread_request held[PUBLISHER_HOST_MAX + 1] = {0}, other = {0};

    ck_assert_int_eq(enter(&request, "/hop?1"), WSUB_HOST_ENTRY_NOW);
    for (size_t i = 0; i < COUNT(held); i++)
        enter(&held[i], "/content");
    enters_next = &other; /* whatever is admitted, as many wait as may */
    spread_request_send(&request, NULL);
    WAIT_FOR(base, responses == 1);
    ck_assert_int_eq(got.outcome, SPREAD_BUSY);
    ck_assert_uint_eq(publisher_requests, 1);
    for (size_t i = 0; i < COUNT(held); i++)
        spread_request_done(&held[i]);
    spread_request_done(&other);
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
    tcase_add_loop_test(cases, a_publisher_says_when_to_come_again, 0,
                        COUNT(cases_of_retry_after));
    tcase_add_test(cases, a_host_takes_no_more_than_it_may);
    tcase_add_test(cases, what_waits_too_long_or_is_abandoned_is_busy);
    tcase_add_test(cases, a_redirect_to_a_host_that_is_busy_is_no_failure);
    tcase_add_test(cases, a_loop_of_redirects_ends);
    tcase_add_test(cases, a_body_that_is_too_large_is_refused);
    tcase_add_test(cases, a_publisher_that_is_silent_fails_in_time);
    tcase_add_test(cases, an_address_that_is_not_allowed_is_blocked);
    return suite_run("request", cases);
}
