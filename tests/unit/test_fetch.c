/* test_fetch.c - from announcements to what Redis is told of their fetch, by
 * spreader/fetch.h. */
#include "spreader/fetch.h"

#include "common/store/topic.h"
#include "spreader/stats.h"
#include "tests/unit/topics_fixture.h"

/* Arguments of fetched.lua: the epoch, then RESULT of them for each topic. */
#define EPOCH_ARG 0
#define QUESTION 1
#define TD 2
#define TOPIC 3
#define OUTCOME 4
#define STATUS 5
#define ETAG 7
#define BODY 11
#define SOURCE 13
#define FAILURES 14
#define DELAY 15
#define PACE 17
#define HAVE 18
#define UNBEGUN 19
#define RESULT 19

#define FAILING_MAX 32 /* of fetch.c */
#define RESULTS_MAX 16

/* Replies to fetch_state.lua: the head, then what is for each topic. */
#define EMPTY "$0\r\n\r\n"
#define STATES_OF(values) "*" values "\r\n" EMPTY
#define OF_NOBODY ":0\r\n:-1\r\n" EMPTY EMPTY EMPTY EMPTY EMPTY
#define OF_TWO ":0\r\n:2\r\n" EMPTY EMPTY EMPTY EMPTY EMPTY
#define NOBODY STATES_OF("8") OF_NOBODY
#define PULLED STATES_OF("8") ":0\r\n:0\r\n" EMPTY EMPTY EMPTY EMPTY EMPTY
#define TWO STATES_OF("8") OF_TWO
#define PACED STATES_OF("8") ":70\r\n:0\r\n" EMPTY EMPTY EMPTY EMPTY EMPTY
#define STATE                                                                  \
    "*8\r\n$3\r\n8-1\r\n:0\r\n:2\r\n$1\r\nd\r\n$3\r\n\"7\"\r\n" EMPTY EMPTY    \
        EMPTY
#define NO_EVENT "*1\r\n$-1\r\n"
#define EVENT "*1\r\n$3\r\n9-0\r\n"

static struct spread_fetcher *fetcher;

static void on_closing(unsigned number)
{
    spread_fetcher_close(fetcher, number);
}

static void set_up(void)
{
    const struct spread_topics_options *options =
        topics_set_up(NULL, on_closing);

    fetcher = spread_fetcher_new(base, options);
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
    char member[220];

    snprintf(member, sizeof(member), "p %s", publisher_url(path));
    spread_fetch_start(fetcher, shard,
                       &(struct wsub_wanted){.member = member,
                                             .topic = member + 2,
                                             .failures = failures,
                                             .question = 5});
}

static void fetch(const char *path)
{
    fetch_failed(path, 0);
}

static void load(const char *state)
{
    redis_reply(redis_wait("fetch_state"), state);
}

/* The arguments of a script call but the epoch. */
static size_t count_said(const struct redis_command *command)
{
    size_t count = 0;

    while (redis_arg(command, count + 1) != NULL)
        count++;
    return count;
}

/* Each topic of the next call has two subscribers; returns how many topics. */
static size_t load_twos(void)
{
    struct redis_command *command = redis_wait("fetch_state");
    size_t count = (count_said(command) - 1) / 2; /* after the interval */
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "*%zu\r\n" EMPTY, 1 + 7 * count);
    for (size_t i = 0; i < count; i++)
        wsub_buf_str(&text, OF_TWO);
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
    return count;
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
    load(TWO);
    command = stored("content");
    ck_assert_str_eq(redis_arg(command, EPOCH_ARG), EPOCH);
    ck_assert_str_eq(redis_arg(command, QUESTION), "5");
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
    load(NOBODY);
    finish(stored("unneeded"), NO_EVENT);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

START_TEST(a_topic_that_is_only_pulled_is_fetched_for_no_subscribers)
{
    fetch("/content");
    load(PULLED);
    finish(stored("content"), EVENT);
    ck_assert_uint_eq(publisher_requests, 1);
    ck_assert_ptr_null(strstr(publisher_agent, "subscribers"));
}
END_TEST

START_TEST(a_fetch_is_conditional_and_tells_of_the_subscribers)
{
    fetch("/content");
    load(STATE);
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
    load(TWO);
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

START_TEST(what_the_fetch_began_with_is_told_with_its_outcome)
{
    struct redis_command *command;

    fetch("/content");
    redis_check_args(
        redis_wait("fetch_state"),
        (const char *[]){
            EPOCH, "0", wsub_topic_ref(store, publisher_url("/content")).digest,
            publisher_url("/content"), NULL});
    load(STATE);
    command = stored("unchanged");
    ck_assert_str_eq(redis_arg(command, PACE), "0");
    ck_assert_str_eq(redis_arg(command, HAVE), "d");
    ck_assert_str_eq(redis_arg(command, UNBEGUN), "8-1");
    finish(command, NO_EVENT);
}
END_TEST

static void check_put_back(const char *path, const char *delay_ms)
{
    struct redis_command *command = redis_wait("postpone");
    char member[220];

    snprintf(member, sizeof(member), "p %s", publisher_url(path));
    redis_check_args(command,
                     (const char *[]){EPOCH, "5", member, delay_ms,
                                      wsub_topic_ref(store, member + 2).digest,
                                      NULL});
    redis_reply(command, ":1\r\n");
    WAIT_FOR(base, over == 1);
}

START_TEST(a_topic_that_was_fetched_a_moment_ago_is_put_back)
{
    fetch("/content");
    load(PACED);
    check_put_back("/content", "70");
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

START_TEST(a_topic_whose_host_is_full_is_put_back)
{
    static const char *const paths[] = {"/content?1", "/content?2",
                                        "/content?3", "/content?4"};

    for (size_t i = 0; i < COUNT(paths); i++)
        fetch(paths[i]);
    ck_assert_uint_eq(load_twos(), 2);
    fetch("/content");
    check_put_back("/content", "500");
    WAIT_FOR(base, publisher_requests >= PUBLISHER_HOST_MAX);
}
END_TEST

/* Those that never failed go on. */
START_TEST(of_topics_that_have_failed_only_some_are_fetched_at_once)
{
    struct redis_command *command;
    char path[32];

    for (int i = 0; i <= FAILING_MAX; i++) {
        snprintf(path, sizeof(path), "/content?%d", i);
        fetch_failed(path, 1);
    }
    ck_assert_uint_eq(load_twos(), 2);
    for (int i = 2 * PUBLISHER_HOST_MAX; i < FAILING_MAX; i++) {
        command = redis_wait("postpone");
        ck_assert_str_eq(redis_arg(command, 3), "500"); /* its host is full */
        redis_reply(command, ":1\r\n");
    }
    ck_assert_str_eq(redis_arg(redis_wait("postpone"), 3), "1000");
}
END_TEST

START_TEST(a_publisher_that_says_when_costs_no_attempt)
{
    struct redis_command *command;

    config.retry_cap_ms = DEADLINE_MS;
    fetch_failed("/again?503&2", 2);
    load(TWO);
    command = stored("failed");
    ck_assert_str_eq(redis_arg(command, FAILURES), "2");
    ck_assert_str_eq(redis_arg(command, DELAY), "2000");
    ck_assert_str_eq(redis_arg(command, PACE), "2000");
    finish(command, NO_EVENT);
}
END_TEST

START_TEST(what_it_says_has_the_limit_of_retries)
{
    struct redis_command *command;

    config.retry_cap_ms = 5000;
    fetch("/again?429&60");
    load(TWO);
    command = stored("failed");
    ck_assert_str_eq(redis_arg(command, DELAY), "5000");
    finish(command, NO_EVENT);
}
END_TEST

START_TEST(a_topic_of_a_closed_shard_that_waits_for_its_host_is_dropped)
{
    fetch("/content");
    fetch("/content?2");
    fetch("/content?3");
    redis_wait("fetch_state");
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(load_twos(), 2);
    WAIT_FOR(base, over == 3);
    ck_assert_uint_eq(ended, 1);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

/* Its question is another one by then, so that what comes of the fetch under way
 * does not end it. */
START_TEST(a_topic_that_is_fetched_already_is_put_back)
{
    fetch("/later");
    fetch("/later");
    check_put_back("/later", "1000");
}
END_TEST

START_TEST(what_is_put_back_is_counted)
{
    uint64_t before = spread_stats[SPREAD_STAT_FETCH_POSTPONED].value;

    fetch("/content");
    load(PACED);
    check_put_back("/content", "70");
    ck_assert_uint_eq(spread_stats[SPREAD_STAT_FETCH_POSTPONED].value,
                      before + 1);
}
END_TEST

/* Those that finish while a call is under way. */
START_TEST(topics_share_calls)
{
    struct redis_command *command;

    fetch("/content?1");
    fetch("/content?2");
    ck_assert_uint_eq(load_twos(), 2);
    command = stored("content");
    if (count_said(command) == RESULT) { /* the other one was later */
        finish(command, EVENT);
        command = stored("content");
        ck_assert_uint_eq(count_said(command), RESULT);
        redis_reply(command, EVENT);
    } else {
        ck_assert_uint_eq(count_said(command), 2 * RESULT);
        redis_reply(command, "*2\r\n$3\r\n9-0\r\n$-1\r\n");
    }
    WAIT_FOR(base, over == 2);
}
END_TEST

START_TEST(a_lost_link_keeps_nothing_from_being_stored)
{
    fetch("/content");
    redis_wait("fetch_state");
    redis_drop();
    load(TWO);
    stored("content");
    redis_drop();
    finish(stored("content"), EVENT);
    ck_assert_uint_eq(publisher_requests, 1);
}
END_TEST

START_TEST(an_outcome_that_is_fenced_is_dropped)
{
    fetch("/content");
    load(TWO);
    redis_reply(stored("content"), FENCED);
    WAIT_FOR(base, over == 1);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(a_request_of_a_closed_shard_ends_without_effect)
{
    fetch("/later");
    load(TWO);
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

/* Before the loop has come to it. */
START_TEST(a_topic_of_a_closed_shard_is_not_even_loaded)
{
    fetch("/content");
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 1);
    WAIT_FOR(base, over == 1);
    ck_assert_ptr_null(redis_find("fetch_state"));
}
END_TEST

START_TEST(a_topic_of_a_closed_shard_that_is_loading_is_dropped)
{
    fetch("/content");
    redis_wait("fetch_state");
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 0);
    load(TWO);
    WAIT_FOR(base, over == 1);
    ck_assert_uint_eq(ended, 1);
    ck_assert_uint_eq(publisher_requests, 0);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    fetch("/content");
    fetch("/later");
    ck_assert_uint_eq(load_twos(), 2);
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
    tcase_add_test(cases,
                   a_topic_that_is_only_pulled_is_fetched_for_no_subscribers);
    tcase_add_test(cases, a_fetch_is_conditional_and_tells_of_the_subscribers);
    tcase_add_loop_test(
        cases, a_fetch_that_failed_is_tried_again_until_it_failed_too_often, 0,
        COUNT(retries));
    tcase_add_test(cases, what_the_fetch_began_with_is_told_with_its_outcome);
    tcase_add_test(cases, a_topic_that_was_fetched_a_moment_ago_is_put_back);
    tcase_add_test(cases, a_topic_whose_host_is_full_is_put_back);
    tcase_add_test(cases,
                   of_topics_that_have_failed_only_some_are_fetched_at_once);
    tcase_add_test(cases, a_publisher_that_says_when_costs_no_attempt);
    tcase_add_test(cases, what_it_says_has_the_limit_of_retries);
    tcase_add_test(
        cases, a_topic_of_a_closed_shard_that_waits_for_its_host_is_dropped);
    tcase_add_test(cases, a_topic_that_is_fetched_already_is_put_back);
    tcase_add_test(cases, what_is_put_back_is_counted);
    tcase_add_test(cases, topics_share_calls);
    tcase_add_test(cases, a_lost_link_keeps_nothing_from_being_stored);
    tcase_add_test(cases, an_outcome_that_is_fenced_is_dropped);
    tcase_add_test(cases, a_request_of_a_closed_shard_ends_without_effect);
    tcase_add_test(cases, a_topic_of_a_closed_shard_that_is_loading_is_dropped);
    tcase_add_test(cases, a_topic_of_a_closed_shard_is_not_even_loaded);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("fetch", cases);
}
