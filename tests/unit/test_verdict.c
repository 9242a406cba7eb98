/* test_verdict.c - what a topic's response means for those who subscribe, by
 * spreader/verdict.h. */
#include "spreader/verdict.h"

#include "common/http/relation.h"
#include "spreader/request.h"
#include "tests/unit/suite.h"

#define TOPIC "http://publisher.example/feed"
#define HUB "http://hub.example/"

static const struct {
    const char *hub, *self; /* that the topic names; NULL: none */
    enum wsub_validation outcome;
    const char *reason;
} contents[] = {
    {HUB, TOPIC, WSUB_VALIDATION_VALID, ""},
    {HUB, "http://publisher.example/%66eed", WSUB_VALIDATION_VALID, ""},
    {NULL, TOPIC, WSUB_VALIDATION_DENIED,
     "the topic does not name this hub as rel=hub"},
    {"http://hub.example", TOPIC, WSUB_VALIDATION_DENIED,
     "the topic does not name this hub as rel=hub"},
    {HUB, NULL, WSUB_VALIDATION_DENIED,
     "the topic does not name itself as rel=self"},
    {HUB, TOPIC "/other", WSUB_VALIDATION_DENIED,
     "the topic does not name itself as rel=self"},
};

static struct spread_verdict verdict_of_content(const char *names_hub,
                                                const char *names_self,
                                                const char *hub)
{
    struct wsub_relations relations;
    struct spread_response response = {.outcome = SPREAD_CONTENT,
                                       .status = 200,
                                       .error = "",
                                       .relations = &relations};
    struct spread_verdict verdict;

    wsub_relations_init(&relations, TOPIC);
    if (names_hub != NULL)
        wsub_relations_add(&relations, relations.base, "hub", names_hub);
    if (names_self != NULL)
        wsub_relations_add(&relations, relations.base, "self", names_self);
    verdict = spread_verdict(&response, TOPIC, hub);
    wsub_relations_done(&relations);
    return verdict;
}

START_TEST(a_topic_must_name_this_hub_and_itself)
{
    struct spread_verdict verdict =
        verdict_of_content(contents[_i].hub, contents[_i].self, HUB);

    ck_assert_int_eq(verdict.outcome, contents[_i].outcome);
    ck_assert_str_eq(verdict.reason, contents[_i].reason);
}
END_TEST

START_TEST(nothing_is_decided_before_the_hub_s_url_is_known)
{
    struct spread_verdict verdict = verdict_of_content(HUB, TOPIC, NULL);

    ck_assert_int_eq(verdict.outcome, WSUB_VALIDATION_AGAIN);
    ck_assert_str_eq(verdict.reason, "the hub's public URL is not known");
}
END_TEST

static const struct {
    enum spread_outcome response;
    long status;
    const char *error;
    enum wsub_validation outcome;
    const char *reason;
} failures[] = {
    {SPREAD_FAILED, 0, "connection refused by 10.0.0.1", WSUB_VALIDATION_AGAIN,
     "the topic can't be fetched"},
    {SPREAD_FAILED, 503, "HTTP status 503", WSUB_VALIDATION_AGAIN,
     "the topic can't be fetched: HTTP status 503"},
    {SPREAD_REFUSED, 404, "HTTP status 404", WSUB_VALIDATION_DENIED,
     "the topic can't be fetched: HTTP status 404"},
    {SPREAD_REFUSED, 302, "it redirects in a loop", WSUB_VALIDATION_DENIED,
     "the topic can't be fetched: it redirects in a loop"},
    {SPREAD_BLOCKED, 0, "10.0.0.1 is private", WSUB_VALIDATION_DENIED,
     "the topic can't be fetched"},
};

START_TEST(a_failure_tells_nothing_of_the_publisher_s_network)
{
    struct spread_response response = {.outcome = failures[_i].response,
                                       .status = failures[_i].status,
                                       .error = failures[_i].error};
    struct spread_verdict verdict = spread_verdict(&response, TOPIC, HUB);

    ck_assert_int_eq(verdict.outcome, failures[_i].outcome);
    ck_assert_str_eq(verdict.reason, failures[_i].reason);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("verdict");

    tcase_add_loop_test(cases, a_topic_must_name_this_hub_and_itself, 0,
                        COUNT(contents));
    tcase_add_test(cases, nothing_is_decided_before_the_hub_s_url_is_known);
    tcase_add_loop_test(cases,
                        a_failure_tells_nothing_of_the_publisher_s_network, 0,
                        COUNT(failures));
    return suite_run("verdict", cases);
}
