/* test_pull_poll.c - one request for messages, by hub/pull/poll.h, with pull
 * subscriptions in memory.  Its client is gone when its response comes. */
#include "hub/pull/poll.h"

#include "common/http/incoming.h"
#include "hub/pull/feeds.h"
#include "hub/pull/gate.h"
#include "hub/pull/interests.h"
#include "hub/pull/shared.h"
#include "tests/support/pull_memory.h"
#include "tests/unit/redis_fixture.h"

#define SHARDS 2
#define PAGE                                                                   \
    "*8\r\n$3\r\n9-0\r\n:0\r\n:0\r\n$3\r\n5-0\r\n$3\r\na.b\r\n"                \
    "$3\r\na/b\r\n$-1\r\n$2\r\nxy\r\n"
#define EMPTY_PAGE "*3\r\n$3\r\n9-0\r\n:0\r\n:0\r\n"
#define MISSED_PAGE "*3\r\n$3\r\n9-0\r\n:0\r\n:2\r\n"

static struct hub_pull pull;
static struct pull_memory *memory;

static void on_added(enum wsub_err err, enum wsub_pull_result result, void *arg)
{
    (void)arg;
    ck_assert_int_eq(err, WSUB_OK);
    ck_assert_int_eq(result, WSUB_PULL_DONE);
}

static void set_up(void)
{
    struct wsub_place places[SHARDS] = {{0, 1, 0}, {1, 1, 0}};
    const struct wsub_pull_cursors cursors = {places, SHARDS};
    struct wsub_pull_store *subscriptions;

    redis_set_up_shards(SHARDS);
    config.topic_allow = redis_empty;
    memory = pull_memory_new(SHARDS);
    subscriptions = pull_memory_store(memory);
    subscriptions->ops->add(subscriptions,
                            &(struct wsub_pull_add){
                                .id = "a",
                                .subscription = {.topics = "*", .ttl_s = 60},
                                .cursors = &cursors,
                            },
                            on_added, NULL);
    pull = (struct hub_pull){
        .base = base,
        .config = &config,
        .store = store,
        .subscriptions = subscriptions,
        .feeds = hub_pull_feeds_new(base, store, &config),
        .interests = hub_pull_interests_new(base, store),
        .gate = hub_pull_gate_new(base),
    };
    LIST_INIT(&pull.polls);
}

static void tear_down(void)
{
    wsub_store_close(store);
    hub_pull_polls_free(&pull);
    hub_pull_gate_free(pull.gate);
    hub_pull_interests_free(pull.interests);
    hub_pull_feeds_free(pull.feeds);
    pull_memory_free(memory);
    redis_tear_down();
}

static void poll_of(const char *id, uint64_t timeout_ms)
{
    struct wsub_http_request *req = wsub_http_incoming_new();

    req->handled = true;
    hub_pull_poll_start(&pull, req,
                        &(struct hub_pull_poll_options){
                            .id = id, .timeout_ms = timeout_ms, .max = 10});
}

/* Both shards' pages; what the interests say is done first. */
static void say_pages(const char *first, const char *second)
{
    WAIT_FOR(base, redis_count("pull_page") == SHARDS);
    while (redis_find("pull_want") != NULL)
        redis_reply(redis_find("pull_want"), ":0\r\n");
    redis_reply(redis_find("pull_page"), first);
    redis_reply(redis_find("pull_page"), second);
}

static void wait_over(void)
{
    WAIT_FOR(base, LIST_EMPTY(&pull.polls));
}

static const char *cursor_of_pages(void)
{
    WAIT_FOR(base, redis_count("pull_page") == SHARDS);
    return redis_arg(redis_find("pull_page"), 0);
}

START_TEST(an_unknown_subscription_has_no_messages)
{
    poll_of("b", 0);
    ck_assert(LIST_EMPTY(&pull.polls));
    ck_assert_uint_eq(redis_count("pull_page"), 0);
}
END_TEST

START_TEST(what_is_for_others_is_looked_at_once)
{
    poll_of("a", 0);
    say_pages(EMPTY_PAGE, EMPTY_PAGE);
    wait_over();
    poll_of("a", 0);
    ck_assert_str_eq(cursor_of_pages(), "9-0");
}
END_TEST

START_TEST(what_could_not_be_written_is_handed_out_again)
{
    poll_of("a", 0);
    say_pages(PAGE, PAGE);
    wait_over();
    poll_of("a", 0);
    ck_assert_str_eq(cursor_of_pages(), "1-0");
}
END_TEST

START_TEST(what_nobody_was_told_to_have_left_is_told_again)
{
    poll_of("a", 1000); /* its client does not wait */
    ck_assert_uint_eq(pull.waiting, 1);
    say_pages(MISSED_PAGE, EMPTY_PAGE);
    wait_over();
    ck_assert_uint_eq(pull.waiting, 0);
    poll_of("a", 0);
    ck_assert_str_eq(cursor_of_pages(), "1-0");
}
END_TEST

START_TEST(a_poll_ends_once_however_many_pages_are_refused)
{
    poll_of("a", 0);
    say_pages("-ERR no\r\n", "-ERR no\r\n");
    wait_over();
}
END_TEST

START_TEST(a_poll_ends_when_redis_goes)
{
    poll_of("a", 0);
    WAIT_FOR(base, redis_count("pull_page") == SHARDS);
    redis_drop();
    wait_over();
}
END_TEST

START_TEST(polls_end_with_their_hub)
{
    poll_of("a", 0);
    poll_of("a", 1000);
    ck_assert(!LIST_EMPTY(&pull.polls));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull poll");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_unknown_subscription_has_no_messages);
    tcase_add_test(cases, what_is_for_others_is_looked_at_once);
    tcase_add_test(cases, what_could_not_be_written_is_handed_out_again);
    tcase_add_test(cases, what_nobody_was_told_to_have_left_is_told_again);
    tcase_add_test(cases, a_poll_ends_once_however_many_pages_are_refused);
    tcase_add_test(cases, a_poll_ends_when_redis_goes);
    tcase_add_test(cases, polls_end_with_their_hub);
    return suite_run("pull poll", cases);
}
