/* test_fetch.c - from announcements to what Redis is told of their fetch, by
 * spreader/fetch.h. */
#include "spreader/fetch.h"

#include "common/store/topic.h"
#include "tests/unit/topics_fixture.h"

#define EPOCH_ARG 0 /* arguments of fetched.lua */
#define TD 1
#define TOPIC 2
#define OUTCOME 3
#define STATUS 4
#define ETAG 6
#define BODY 10
#define SOURCE 12
#define FAILURES 13
#define DELAY 14

#define NONE ":0\r\n"
#define TWO ":2\r\n"
#define NO_STATE "*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"
#define STATE "*4\r\n$3\r\n\"7\"\r\n$-1\r\n$-1\r\n$-1\r\n"
#define NO_EVENT "$-1\r\n"
#define EVENT "$3\r\n9-0\r\n"

static struct spread_fetcher *fetcher;

static void on_closing(unsigned number)
{
    spread_fetcher_close(fetcher, number);
}

static void set_up(void)
{
    fetcher = spread_fetcher_new(topics_set_up(NULL, on_closing));
}

static void tear_down(void)
{
    topics_close();
    spread_fetcher_free(fetcher);
    topics_tear_down();
}

/* Fetches a path of the publisher's. */
static void fetch_failed(const char *path, uint32_t failures)
{
    spread_fetch_start(fetcher, shard,
                       &(struct wsub_wanted){.topic = publisher_url(path),
                                             .failures = failures});
}

static void fetch(const char *path)
{
    fetch_failed(path, 0);
}

static void load(const char *subscribers, const char *state)
{
    redis_reply(redis_wait("HLEN"), subscribers);
    redis_reply(redis_wait("HMGET"), state);
}

/* Waits until what came of the fetch is to be stored. */
static struct redis_command *stored(const char *outcome)
{
    struct redis_command *command = redis_wait("fetched");

    ck_assert_str_eq(redis_arg(command, OUTCOME), outcome);
    return command;
}

static void finish(struct redis_command *command, const char *reply)
{
    redis_reply(command, reply);
    WAIT_FOR(base, over == 1);
    ck_assert_uint_eq(shard->under_way, 0);
}

START_TEST(new_content_is_stored_with_what_it_came_with)
{
    struct redis_command *command;

    fetch("/content");
    load(TWO, NO_STATE);
    command = stored("content");
    ck_assert_str_eq(redis_arg(command, EPOCH_ARG), EPOCH);
    ck_assert_str_eq(redis_arg(command, TD),
                     wsub_topic_ref(store, publisher_url("/content")).digest);
    ck_assert_str_eq(redis_arg(command, TOPIC), publisher_url("/content"));
    ck_assert_str_eq(redis_arg(command, STATUS), "200");
    ck_assert_str_eq(redis_arg(command, ETAG), "\"7\"");
    ck_assert_str_eq(redis_arg(command, BODY), "content");
    ck_assert_str_eq(redis_arg(command, SOURCE), publisher_url("/content"));
    ck_assert_str_eq(redis_arg(command, FAILURES), "0");
    ck_assert_str_eq(redis_arg(command, DELAY), "-1");
    finish(command, EVENT);
}
END_TEST

START_TEST(a_topic_without_subscribers_is_not_fetched)
{
    fetch("/content");
    load(NONE, NO_STATE);
    finish(stored("unneeded"), NO_EVENT);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

START_TEST(a_fetch_is_conditional_and_tells_of_the_subscribers)
{
    fetch("/content");
    load(TWO, STATE);
    finish(stored("unchanged"), NO_EVENT);
    ck_assert_str_eq(publisher_if_none_match, "\"7\"");
    ck_assert_ptr_nonnull(strstr(publisher_agent, "2 subscribers"));
}
END_TEST

static const struct {
    uint32_t before;
    const char *failures, *delay; /* delay NULL: 500 to 1000 */
} retries[] = {{0, "1", NULL}, {1, "2", NULL}, {2, "3", "-1"}};

START_TEST(a_fetch_that_failed_is_tried_again_until_it_failed_too_often)
{
    struct redis_command *command;
    const char *delay;

    fetch_failed("/status?500", retries[_i].before);
    load(TWO, NO_STATE);
    command = stored("failed");
    delay = redis_arg(command, DELAY);
    ck_assert_str_eq(redis_arg(command, FAILURES), retries[_i].failures);
    if (retries[_i].delay != NULL) {
        ck_assert_str_eq(delay, retries[_i].delay);
    } else {
        ck_assert_int_ge(strtol(delay, NULL, 10), 500);
        ck_assert_int_le(strtol(delay, NULL, 10), 1000);
    }
    finish(command, NO_EVENT);
}
END_TEST

START_TEST(a_topic_that_is_fetched_already_is_over_at_once)
{
    fetch("/later");
    fetch("/later");
    ck_assert_uint_eq(over, 1);
}
END_TEST

START_TEST(a_lost_link_keeps_nothing_from_being_stored)
{
    fetch("/content");
    redis_wait("HMGET");
    redis_drop();
    load(TWO, NO_STATE);
    stored("content");
    redis_drop();
    finish(stored("content"), EVENT);
    ck_assert_uint_eq(publisher_requests, 1);
}
END_TEST

START_TEST(an_outcome_that_is_fenced_is_dropped)
{
    fetch("/content");
    load(TWO, NO_STATE);
    redis_reply(stored("content"), FENCED);
    WAIT_FOR(base, over == 1);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(a_request_of_a_closed_shard_ends_without_effect)
{
    fetch("/later");
    load(TWO, NO_STATE);
    WAIT_FOR(base, publisher_waits != NULL);
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 1);
    shard = spread_shards_open(shards, &(struct wsub_owned){0, 6});
    fetch("/content"); /* another one may begin */
    wsub_http_respond_text(publisher_waits, 200, "first");
    WAIT_FOR(base, over == 1);
    ck_assert_ptr_null(redis_find("fetched"));
}
END_TEST

START_TEST(a_topic_of_a_closed_shard_that_is_loading_is_dropped)
{
    fetch("/content");
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 0);
    load(TWO, NO_STATE);
    WAIT_FOR(base, over == 1);
    ck_assert_uint_eq(ended, 1);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    fetch("/content");
    fetch("/later");
    load(TWO, NO_STATE);
    load(TWO, NO_STATE);
    WAIT_FOR(base, publisher_waits != NULL);
    wsub_http_respond(publisher_waits, 204, NULL, NULL, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("fetch");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, new_content_is_stored_with_what_it_came_with);
    tcase_add_test(cases, a_topic_without_subscribers_is_not_fetched);
    tcase_add_test(cases, a_fetch_is_conditional_and_tells_of_the_subscribers);
    tcase_add_loop_test(
        cases, a_fetch_that_failed_is_tried_again_until_it_failed_too_often, 0,
        COUNT(retries));
    tcase_add_test(cases, a_topic_that_is_fetched_already_is_over_at_once);
    tcase_add_test(cases, a_lost_link_keeps_nothing_from_being_stored);
    tcase_add_test(cases, an_outcome_that_is_fenced_is_dropped);
    tcase_add_test(cases, a_request_of_a_closed_shard_ends_without_effect);
    tcase_add_test(cases, a_topic_of_a_closed_shard_that_is_loading_is_dropped);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("fetch", cases);
}
