/* test_validate.c - from subscribe requests to what Redis is told of their
 * topic, by spreader/validate.h. */
#include "spreader/validate.h"

#include "tests/unit/topics_fixture.h"

#define TD "0123456789abcdefghijkl"
#define CD "ABCDEFGHIJKLMNOPQRSTUV"

#define MEMBER "w " TD ":" CD ":s 1 T"

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
                          &(struct wsub_wanted){.member = MEMBER,
                                                .question = 5,
                                                .topic = publisher_url(path),
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
    redis_check_args(
        command, (const char *[]){EPOCH, TD, CD, "1", publisher_url("/content"),
                                  "valid", "", "0", "0", "5", NULL});
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

/* Or those of one topic that hangs would have all that there is for requests. */
START_TEST(a_request_for_a_topic_that_lingers_does_not_count)
{
    validate(1, "/later");
    WAIT_FOR(base, publisher_waits != NULL);
    topics_linger();
    ck_assert_uint_eq(lingering, 1);
    validate(2, "/later");
    ck_assert_uint_eq(lingering, 2);
    validate(3, "/later");
    ck_assert_uint_eq(lingering, 3);
    wsub_http_respond_text(publisher_waits, 200, "no links");
    for (int i = 1; i <= 3; i++) {
        char generation[2] = {(char)('0' + i), '\0'};

        redis_reply(stored(generation, "denied"), APPLIED);
    }
    WAIT_FOR(base, shard->under_way == 0);
    ck_assert_uint_eq(over, 0);
}
END_TEST

START_TEST(a_request_whose_topics_host_is_full_is_put_back)
{
    static const char *const paths[] = {"/content?1", "/content?2",
                                        "/content?3", "/content?4"};
    struct redis_command *command;

    for (size_t i = 0; i < COUNT(paths); i++)
        validate(i, paths[i]);
    validate(9, "/content");
    command = redis_wait("postpone");
    redis_check_args(command,
                     (const char *[]){EPOCH, "5", MEMBER, "500", "", NULL});
    finish(command, ":1\r\n");
    ck_assert_int_eq(over_kind, WSUB_WANTED_VALIDATION);
}
END_TEST

START_TEST(a_publisher_that_says_when_costs_no_attempt)
{
    struct redis_command *command;

    config.retry_cap_ms = DEADLINE_MS;
    validate_failed(1, "/again?503&2", 2);
    command = stored("1", "again");
    ck_assert_str_eq(redis_arg(command, FAILURES), "2");
    ck_assert_str_eq(redis_arg(command, DELAY), "2000");
    finish(command, APPLIED);
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
    tcase_add_test(cases, a_request_for_a_topic_that_lingers_does_not_count);
    tcase_add_test(cases, a_request_whose_topics_host_is_full_is_put_back);
    tcase_add_test(cases, a_publisher_that_says_when_costs_no_attempt);
    tcase_add_test(cases, an_outcome_that_is_fenced_is_dropped);
    tcase_add_test(cases, a_request_of_a_closed_shard_ends_without_effect);
    tcase_add_test(cases, a_lost_link_keeps_nothing_from_being_stored);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("validate", cases);
}
