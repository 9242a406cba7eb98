/* test_fetch.c - from announcements to what Redis is told of their fetch, by
 * spreader/fetch.h. */
#include "spreader/fetch.h"

#include "common/store/topic.h"
#include "tests/unit/topics_fixture.h"

#define TD 0 /* arguments of fetched.lua */
#define TOPIC 1
#define OUTCOME 2
#define STATUS 3
#define ETAG 5
#define BODY 9
#define SOURCE 11
#define FAILURES 12
#define DELAY 13
#define IDS 15

#define NONE ":0\r\n"
#define TWO ":2\r\n"
#define NO_STATE "*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n"
#define STATE "*4\r\n$3\r\n\"7\"\r\n$-1\r\n$-1\r\n$-1\r\n"
#define NO_EVENT "$-1\r\n"
#define EVENT "$3\r\n9-0\r\n"

static struct spread_fetcher *fetcher;

static void set_up(void)
{
    fetcher = spread_fetcher_new(topics_set_up(NULL));
}

static void tear_down(void)
{
    topics_close();
    spread_fetcher_free(fetcher);
    topics_tear_down();
}

/* Starts with the announcement of a path of the publisher's. */
static void announce_failed(const char *id, const char *path, const char *n)
{
    const char *words[] = {
        "v", "1", "t", publisher_url(path), n != NULL ? "n" : NULL, n, NULL};
    struct entry_fixture e;

    entry_make(&e, id, words);
    spread_fetch_start(fetcher, &e.entry);
    entry_done(&e);
}

static void announce(const char *id, const char *path)
{
    announce_failed(id, path, NULL);
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

static void finish(struct redis_command *command, const char *reply,
                   size_t entries)
{
    size_t before = over;

    redis_reply(command, reply);
    WAIT_FOR(base, over > before);
    ck_assert_uint_eq(over - before, entries);
}

START_TEST(new_content_is_stored_with_what_it_came_with)
{
    struct redis_command *command;

    ck_assert(spread_fetcher_idle(fetcher));
    announce("1-0", "/content");
    ck_assert(!spread_fetcher_idle(fetcher));
    load(TWO, NO_STATE);
    command = stored("content");
    ck_assert_str_eq(redis_arg(command, TD),
                     wsub_topic_ref(store, publisher_url("/content")).digest);
    ck_assert_str_eq(redis_arg(command, TOPIC), publisher_url("/content"));
    ck_assert_str_eq(redis_arg(command, STATUS), "200");
    ck_assert_str_eq(redis_arg(command, ETAG), "\"7\"");
    ck_assert_str_eq(redis_arg(command, BODY), "content");
    ck_assert_str_eq(redis_arg(command, SOURCE), publisher_url("/content"));
    ck_assert_str_eq(redis_arg(command, FAILURES), "0");
    ck_assert_str_eq(redis_arg(command, DELAY), "-1");
    ck_assert_str_eq(redis_arg(command, IDS), "1-0");
    ck_assert_ptr_null(redis_arg(command, IDS + 1));
    finish(command, EVENT, 1);
    ck_assert(spread_fetcher_idle(fetcher));
    ck_assert_uint_eq(idle, 1);
}
END_TEST

START_TEST(a_topic_without_subscribers_is_not_fetched)
{
    announce("1-0", "/content");
    load(NONE, NO_STATE);
    finish(stored("unneeded"), NO_EVENT, 1);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

START_TEST(a_fetch_is_conditional_and_tells_of_the_subscribers)
{
    announce("1-0", "/content");
    load(TWO, STATE);
    finish(stored("unchanged"), NO_EVENT, 1);
    ck_assert_str_eq(publisher_if_none_match, "\"7\"");
    ck_assert_ptr_nonnull(strstr(publisher_agent, "2 subscribers"));
}
END_TEST

static const struct {
    const char *before, *failures, *delay; /* delay NULL: 500 to 1000 */
} retries[] = {{NULL, "1", NULL}, {"1", "2", NULL}, {"2", "3", "-1"}};

START_TEST(a_fetch_that_failed_is_tried_again_until_it_failed_too_often)
{
    struct redis_command *command;
    const char *delay;

    announce_failed("1-0", "/status?500", retries[_i].before);
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
    finish(command, NO_EVENT, 1);
}
END_TEST

START_TEST(announcements_before_the_request_share_it)
{
    struct redis_command *command;

    announce("1-0", "/content");
    announce("2-0", "/content");
    load(TWO, NO_STATE);
    command = stored("content");
    ck_assert_str_eq(redis_arg(command, IDS), "1-0");
    ck_assert_str_eq(redis_arg(command, IDS + 1), "2-0");
    finish(command, EVENT, 2);
    ck_assert_uint_eq(publisher_requests, 1);
}
END_TEST

START_TEST(announcements_after_the_request_bring_another_one)
{
    announce("1-0", "/later");
    load(TWO, NO_STATE);
    WAIT_FOR(base, publisher_waits != NULL);
    announce("2-0", "/later");
    announce("3-0", "/later");
    wsub_http_respond_text(publisher_waits, 200, "first");
    publisher_waits = NULL;
    finish(stored("content"), EVENT, 1);
    ck_assert_uint_eq(idle, 0);
    load(TWO, NO_STATE);
    WAIT_FOR(base, publisher_waits != NULL);
    wsub_http_respond_text(publisher_waits, 200, "second");
    finish(stored("content"), EVENT, 2);
    ck_assert_uint_eq(idle, 1);
}
END_TEST

START_TEST(an_announcement_that_is_held_already_is_over_at_once)
{
    announce("1-0", "/later");
    announce("1-0", "/later");
    ck_assert_uint_eq(over, 1);
    load(TWO, NO_STATE);
    WAIT_FOR(base, publisher_waits != NULL);
    announce("2-0", "/later");
    announce("2-0", "/later");
    ck_assert_uint_eq(over, 2);
    wsub_http_respond_text(publisher_waits, 200, "first");
    stored("content");
}
END_TEST

START_TEST(a_lost_link_keeps_nothing_from_being_stored)
{
    announce("1-0", "/content");
    redis_wait("HMGET");
    redis_drop();
    load(TWO, NO_STATE);
    stored("content");
    redis_drop();
    finish(stored("content"), EVENT, 1);
    ck_assert_uint_eq(publisher_requests, 1);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    announce("1-0", "/content");
    announce("2-0", "/later");
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
    tcase_add_test(cases, announcements_before_the_request_share_it);
    tcase_add_test(cases, announcements_after_the_request_bring_another_one);
    tcase_add_test(cases, an_announcement_that_is_held_already_is_over_at_once);
    tcase_add_test(cases, a_lost_link_keeps_nothing_from_being_stored);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("fetch", cases);
}
