/* test_validate.c - from subscribe requests to what Redis is told of their
 * topic, by spreader/validate.h. */
#include "spreader/validate.h"

#include "tests/unit/topics_fixture.h"

#define TD "0123456789abcdefghijkl"
#define CD "ABCDEFGHIJKLMNOPQRSTUV"

#define GENERATION 3 /* arguments of validated.lua */
#define OUTCOME 5
#define REASON 6
#define DELAY 7
#define FAILURES 8

#define APPLIED "$7\r\napplied\r\n"
#define SUPERSEDED "$10\r\nsuperseded\r\n"

static struct spread_validator *validator;
static char hub_url[] = PUBLISHER_HUB;

static void on_closing(unsigned number)
{
    spread_validator_close(validator, number);
}

static void set_up(void)
{
    validator = spread_validator_new(topics_set_up(hub_url, on_closing));
}

static void tear_down(void)
{
    topics_close();
    spread_validator_free(validator);
    topics_tear_down();
}

static void validate_failed(uint64_t generation, const char *path,
                            uint32_t failures)
{
    spread_validate_start(validator, shard,
                          &(struct wsub_wanted){.topic = publisher_url(path),
                                                .failures = failures,
                                                .td = TD,
                                                .cd = CD,
                                                .generation = generation});
}

static void validate(uint64_t generation, const char *path)
{
    validate_failed(generation, path, 0);
}

static struct redis_command *stored(const char *generation, const char *outcome)
{
    struct redis_command *command = redis_wait("validated");

    ck_assert_str_eq(redis_arg(command, GENERATION), generation);
    ck_assert_str_eq(redis_arg(command, OUTCOME), outcome);
    return command;
}

static void finish(struct redis_command *command, const char *reply)
{
    size_t before = over;

    redis_reply(command, reply);
    WAIT_FOR(base, over == before + 1);
}

START_TEST(a_topic_that_names_hub_and_itself_may_be_subscribed_to)
{
    struct redis_command *command;

    validate(1, "/content");
    command = stored("1", "valid");
    redis_check_args(command, (const char *[]){EPOCH, TD, CD, "1",
                                               publisher_url("/content"),
                                               "valid", "", "0", "0", NULL});
    ck_assert_str_eq(publisher_if_none_match, "");
    finish(command, APPLIED);
}
END_TEST

START_TEST(a_topic_that_is_not_there_means_a_denial)
{
    struct redis_command *command;

    validate(1, "/status?404");
    command = stored("1", "denied");
    ck_assert_str_eq(redis_arg(command, REASON),
                     "the topic can't be fetched: HTTP status 404");
    finish(command, SUPERSEDED);
}
END_TEST

static const struct {
    uint32_t before;
    const char *outcome, *failures;
} retries[] = {{0, "again", "1"}, {1, "again", "2"}, {2, "denied", "3"}};

START_TEST(a_topic_that_fails_is_tried_again_until_it_failed_too_often)
{
    struct redis_command *command;

    validate_failed(1, "/status?503", retries[_i].before);
    command = stored("1", retries[_i].outcome);
    ck_assert_str_eq(redis_arg(command, FAILURES), retries[_i].failures);
    if (strcmp(retries[_i].outcome, "again") == 0) {
        ck_assert_int_ge(strtol(redis_arg(command, DELAY), NULL, 10), 500);
        ck_assert_int_le(strtol(redis_arg(command, DELAY), NULL, 10), 1000);
    }
    finish(command, APPLIED);
}
END_TEST

START_TEST(requests_for_one_topic_share_its_fetch)
{
    validate(1, "/later");
    validate(2, "/later");
    WAIT_FOR(base, publisher_waits != NULL);
    validate(3, "/later");
    wsub_http_respond_text(publisher_waits, 200, "no links");
    finish(stored("1", "denied"), APPLIED);
    finish(stored("2", "denied"), APPLIED);
    finish(stored("3", "denied"), APPLIED);
    ck_assert_uint_eq(publisher_requests, 1);
}
END_TEST

START_TEST(an_outcome_that_is_fenced_is_dropped)
{
    validate(1, "/content");
    redis_reply(stored("1", "valid"), FENCED);
    WAIT_FOR(base, over == 1);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(a_request_of_a_closed_shard_ends_without_effect)
{
    validate(1, "/later");
    validate(2, "/later");
    WAIT_FOR(base, publisher_waits != NULL);
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(over, 2);
    ck_assert_uint_eq(ended, 1);
    wsub_http_respond_text(publisher_waits, 200, "no links");
    redis_turn_ms(50);
    ck_assert_ptr_null(redis_find("validated"));
}
END_TEST

START_TEST(a_lost_link_keeps_nothing_from_being_stored)
{
    validate(1, "/content");
    stored("1", "valid");
    redis_drop();
    finish(stored("1", "valid"), APPLIED);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    validate(1, "/content");
    stored("1", "valid");
    validate(2, "/later");
    WAIT_FOR(base, publisher_waits != NULL);
    wsub_http_respond(publisher_waits, 204, NULL, NULL, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("validate");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases,
                   a_topic_that_names_hub_and_itself_may_be_subscribed_to);
    tcase_add_test(cases, a_topic_that_is_not_there_means_a_denial);
    tcase_add_loop_test(
        cases, a_topic_that_fails_is_tried_again_until_it_failed_too_often, 0,
        COUNT(retries));
    tcase_add_test(cases, requests_for_one_topic_share_its_fetch);
    tcase_add_test(cases, an_outcome_that_is_fenced_is_dropped);
    tcase_add_test(cases, a_request_of_a_closed_shard_ends_without_effect);
    tcase_add_test(cases, a_lost_link_keeps_nothing_from_being_stored);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("validate", cases);
}
