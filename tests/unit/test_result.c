/* test_result.c - what becomes of the response to a fetch, by
 * spreader/result.h. */
#include "spreader/result.h"

#include <string.h>

#include "common/base/config.h"
#include "common/http/relation.h"
#include "spreader/request.h"
#include "tests/unit/suite.h"

#define TOPIC "http://publisher.example/feed"
#define LOWEST 0u
#define HIGHEST UINT32_MAX

#define FEED(entries)                                                          \
    "<feed xmlns=\"http://www.w3.org/2005/Atom\">" entries "</feed>"
#define ENTRY(id) "<entry><id>" id "</id></entry>"

static struct wsub_config config;
static struct spread_result result;
static struct wsub_relations relations;
static struct spread_result_facts facts;

static void set_up(void)
{
    config = (struct wsub_config){
        .retry_base_ms = 5000,
        .retry_cap_ms = 60000,
        .max_attempts = 4,
        .feed_entries = WSUB_ENTRIES_ALL,
    };
    facts = (struct spread_result_facts){.config = &config, .entries = ""};
    wsub_relations_init(&relations, TOPIC);
}

static void tear_down(void)
{
    spread_result_clear(&result);
    wsub_relations_done(&relations);
}

static struct spread_response content(const char *body)
{
    return (struct spread_response){
        .outcome = SPREAD_CONTENT,
        .status = 200,
        .error = "",
        .url = TOPIC,
        .body = body,
        .body_len = strlen(body),
        .etag = "\"7\"",
        .last_modified = "Sat, 28 Nov 2026 10:00:00 GMT",
        .type = "text/plain",
        .relations = &relations,
    };
}

static void take(const struct spread_response *response)
{
    spread_result_take(&result, response, &facts);
}

START_TEST(content_becomes_an_event_with_all_that_came_with_it)
{
    struct spread_response response = content("the content");
    char digest[WSUB_DIGEST_LEN + 1];

    facts.failures = 2;
    take(&response);
    wsub_digest("the content", 11, digest);
    ck_assert_int_eq(result.outcome, WSUB_FETCH_NEW);
    ck_assert_int_eq(result.status, 200);
    ck_assert_str_eq(result.error, "");
    ck_assert_str_eq(wsub_buf_cstr(&result.etag), "\"7\"");
    ck_assert_str_eq(wsub_buf_cstr(&result.last_modified),
                     "Sat, 28 Nov 2026 10:00:00 GMT");
    ck_assert_str_eq(wsub_buf_cstr(&result.type), "text/plain");
    ck_assert_str_eq(wsub_buf_cstr(&result.body), "the content");
    ck_assert_str_eq(wsub_buf_cstr(&result.source), TOPIC);
    ck_assert_str_eq(wsub_buf_cstr(&result.self), "");
    ck_assert_str_eq(wsub_buf_cstr(&result.entries), "");
    ck_assert_str_eq(result.digest, digest);
    ck_assert_uint_eq(result.failures, 0);
    ck_assert(!result.again);
}
END_TEST

START_TEST(the_canonical_url_is_the_first_self)
{
    struct spread_response response = content("x");

    wsub_relations_add(&relations, relations.base, "self", "/first");
    wsub_relations_add(&relations, relations.base, "self", "/second");
    take(&response);
    ck_assert_str_eq(wsub_buf_cstr(&result.self),
                     "http://publisher.example/first");
}
END_TEST

static const struct {
    const char *type, *kept;
} types[] = {
    {"text/html; charset=utf-8", "text/html; charset=utf-8"},
    {"", "application/octet-stream"},
    {"text/\x01html", "application/octet-stream"},
};

START_TEST(a_content_type_that_can_t_be_passed_on_becomes_bytes)
{
    struct spread_response response = content("x");

    response.type = types[_i].type;
    take(&response);
    ck_assert_str_eq(wsub_buf_cstr(&result.type), types[_i].kept);
}
END_TEST

START_TEST(unchanged_content_is_nothing_new)
{
    struct spread_response response = {
        .outcome = SPREAD_UNCHANGED, .status = 304, .error = "", .url = TOPIC};

    facts.failures = 2;
    take(&response);
    ck_assert_int_eq(result.outcome, WSUB_FETCH_UNCHANGED);
    ck_assert_int_eq(result.status, 304);
    ck_assert_uint_eq(result.failures, 0);
    ck_assert(!result.again);
    ck_assert_uint_eq(result.body.len, 0);
}
END_TEST

static const struct {
    enum spread_outcome outcome;
    uint32_t before, random;
    bool again;
    uint32_t delay_ms;
} failures[] = {
    {SPREAD_FAILED, 0, LOWEST, true, 2500},
    {SPREAD_FAILED, 0, HIGHEST, true, 5000},
    {SPREAD_FAILED, 2, HIGHEST, true, 20000},
    {SPREAD_FAILED, 3, LOWEST, false, 0},
    {SPREAD_REFUSED, 0, LOWEST, true, 2500},
    {SPREAD_REFUSED, 3, LOWEST, false, 0},
    {SPREAD_BLOCKED, 0, LOWEST, false, 0},
};

START_TEST(a_failure_is_tried_again_where_that_may_help)
{
    struct spread_response response = {.outcome = failures[_i].outcome,
                                       .status = 500,
                                       .error = "HTTP status 500",
                                       .url = TOPIC};

    facts.failures = failures[_i].before;
    facts.random = failures[_i].random;
    take(&response);
    ck_assert_int_eq(result.outcome, WSUB_FETCH_FAILED);
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(result.error, "HTTP status 500");
    ck_assert_uint_eq(result.failures, failures[_i].before + 1);
    ck_assert(result.again == failures[_i].again);
    ck_assert_uint_eq(result.delay_ms, failures[_i].delay_ms);
}
END_TEST

START_TEST(a_long_error_is_cut)
{
    char error[300];
    struct spread_response response = {
        .outcome = SPREAD_FAILED, .error = error, .url = TOPIC};

    memset(error, 'x', sizeof(error));
    error[sizeof(error) - 1] = '\0';
    take(&response);
    ck_assert_uint_eq(strlen(result.error), sizeof(result.error) - 1);
}
END_TEST

/* Takes the feed as one whose entries so far were those of `before`. */
static void take_after(const char *before, const char *feed)
{
    struct spread_response response = content(before);
    char entries[1000];

    config.feed_entries = WSUB_ENTRIES_NEW;
    take(&response);
    ck_assert_uint_lt(result.entries.len, sizeof(entries));
    memcpy(entries, result.entries.data, result.entries.len);
    entries[result.entries.len] = '\0';
    facts.entries = entries;
    response = content(feed);
    take(&response);
    facts.entries = "";
}

START_TEST(a_feed_s_known_entries_are_left_out)
{
    take_after(FEED(ENTRY("1")), FEED(ENTRY("2") ENTRY("1")));
    ck_assert_int_eq(result.outcome, WSUB_FETCH_NEW);
    ck_assert_ptr_nonnull(strstr(result.body.data, "<id>2</id>"));
    ck_assert_ptr_null(strstr(result.body.data, "<id>1</id>"));
}
END_TEST

START_TEST(a_feed_without_new_entries_is_known)
{
    take_after(FEED(ENTRY("2") ENTRY("1")), FEED(ENTRY("1") ENTRY("2")));
    ck_assert_int_eq(result.outcome, WSUB_FETCH_KNOWN);
    ck_assert_uint_eq(result.body.len, 0);
    ck_assert_uint_eq(result.entries.len, 2 * WSUB_DIGEST_LEN + 1);
}
END_TEST

START_TEST(a_feed_with_only_new_entries_is_passed_on_as_it_is)
{
    take_after(FEED(ENTRY("1")), FEED(ENTRY("2")));
    ck_assert_int_eq(result.outcome, WSUB_FETCH_NEW);
    ck_assert_str_eq(wsub_buf_cstr(&result.body), FEED(ENTRY("2")));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("result");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, content_becomes_an_event_with_all_that_came_with_it);
    tcase_add_test(cases, the_canonical_url_is_the_first_self);
    tcase_add_loop_test(cases,
                        a_content_type_that_can_t_be_passed_on_becomes_bytes, 0,
                        COUNT(types));
    tcase_add_test(cases, unchanged_content_is_nothing_new);
    tcase_add_loop_test(cases, a_failure_is_tried_again_where_that_may_help, 0,
                        COUNT(failures));
    tcase_add_test(cases, a_long_error_is_cut);
    tcase_add_test(cases, a_feed_s_known_entries_are_left_out);
    tcase_add_test(cases, a_feed_without_new_entries_is_known);
    tcase_add_test(cases, a_feed_with_only_new_entries_is_passed_on_as_it_is);
    return suite_run("result", cases);
}
