/* test_pull_page.c - what the scripts for who pulls are told, and what they reply:
 * common/store/pull/page.h, tail.h and interest.h. */
#include "common/store/pull/page.h"

#include "common/store/pull/interest.h"
#include "common/store/pull/tail.h"
#include "common/store/store_stats.h"
#include "common/store/topic.h"
#include "tests/unit/redis_fixture.h"

#define TOPIC "http://p.example/t"
#define TEXT(len, text) "$" #len "\r\n" text "\r\n"
#define HEAD TEXT(3, "7-1") ":1\r\n:4\r\n"
#define EVENT TEXT(3, "5-0") TEXT(3, "a.b") TEXT(3, "a/b")
#define SHARD 1

static unsigned called;
static enum wsub_err error;
static char given[256];
static struct wsub_place reached, last, before_first;
static uint64_t missed, subscriptions;
static bool more;

static void set_up(void)
{
    called = 0;
    given[0] = '\0';
    redis_set_up_shards(2);
}

static void tear_down(void)
{
    wsub_store_close(store);
    redis_tear_down();
}

static void on_page(enum wsub_err err, const struct wsub_pull_paged *paged,
                    void *arg)
{
    size_t used = 0;

    (void)arg;
    called++;
    error = err;
    ck_assert((paged != NULL) == (err == WSUB_OK));
    for (size_t i = 0; paged != NULL && i < paged->count; i++) {
        const struct wsub_pull_event *event = &paged->events[i];

        ck_assert_uint_eq(event->place.shard, SHARD);
        used += (size_t)snprintf(
            given + used, sizeof(given) - used,
            "%" PRIu64 "-%" PRIu64 " %s %s %s %zu;", event->place.ms,
            event->place.seq, event->topic, event->content_type,
            event->content_coding == NULL ? "-" : event->content_coding,
            event->body_bytes);
    }
    if (paged == NULL)
        return;
    reached = paged->reached;
    more = paged->more;
    missed = paged->missed;
}

static void ask(void)
{
    wsub_pull_page(store,
                   &(struct wsub_pull_page){
                       .shard = SHARD,
                       .after = {SHARD, 3, UINT64_MAX},
                       .topics = "a b",
                       .max_events = 10,
                       .max_bytes = 1000,
                   },
                   on_page, NULL);
}

static void page(const char *reply)
{
    ask();
    redis_reply(redis_wait("pull_page"), reply);
    WAIT_FOR(base, called > 0);
    ck_assert_uint_eq(called, 1);
}

START_TEST(a_page_is_asked_for_in_its_shard)
{
    struct redis_command *command;

    ask();
    command = redis_wait("pull_page");
    ck_assert_uint_eq(redis_shard(command), SHARD);
    redis_check_args(command, (const char *[]){"3-18446744073709551615", "10",
                                               "1000", "a b", NULL});
}
END_TEST

START_TEST(a_page_says_how_far_it_came_and_what_was_missed)
{
    page("*3\r\n" HEAD);
    ck_assert_int_eq(error, WSUB_OK);
    ck_assert_uint_eq(reached.shard, SHARD);
    ck_assert_uint_eq(reached.ms, 7);
    ck_assert_uint_eq(reached.seq, 1);
    ck_assert(more);
    ck_assert_uint_eq(missed, 4);
}
END_TEST

static const struct {
    const char *reply, *events;
} pages[] = {
    {"*3\r\n" HEAD, ""},
    {"*8\r\n" HEAD EVENT TEXT(4, "gzip") TEXT(1, "x"), "5-0 a.b a/b gzip 1;"},
    {"*8\r\n" HEAD EVENT "$-1\r\n" TEXT(0, ""), "5-0 a.b a/b - 0;"},
    {"*13\r\n" HEAD EVENT "$-1\r\n" TEXT(2, "xy") EVENT "$-1\r\n:1\r\n",
     "5-0 a.b a/b - 2;"},
    {"*8\r\n" HEAD TEXT(3, "5-0") "$-1\r\n" TEXT(1, "x") "$-1\r\n" TEXT(0, ""),
     ""},
};

START_TEST(events_are_given_as_they_are_and_odd_ones_left_out)
{
    page(pages[_i].reply);
    ck_assert_int_eq(error, WSUB_OK);
    ck_assert_str_eq(given, pages[_i].events);
}
END_TEST

static const char *const odd[] = {
    "*0\r\n",
    ":1\r\n",
    "$-1\r\n",
    "*2\r\n" TEXT(3, "7-1") ":1\r\n",
    "*3\r\n:1\r\n:1\r\n:1\r\n",
    "*3\r\n" TEXT(3, "7-1") TEXT(1, "1") ":1\r\n",
    "*4\r\n" HEAD TEXT(3, "5-0"),
    "-ERR no\r\n",
};

START_TEST(another_reply_is_no_page)
{
    page(odd[_i]);
    ck_assert_int_eq(error, WSUB_ERR_REFUSED);
}
END_TEST

START_TEST(a_page_that_can_t_be_asked_for_is_none)
{
    redis_drop();
    WAIT_FOR(base, !wsub_store_up(store));
    ask();
    WAIT_FOR(base, called > 0);
    ck_assert_int_eq(error, WSUB_ERR_UNAVAILABLE);
}
END_TEST

static void on_tail(enum wsub_err err, const struct wsub_pull_tail *tail,
                    void *arg)
{
    (void)arg;
    called++;
    error = err;
    ck_assert((tail != NULL) == (err == WSUB_OK));
    if (tail == NULL)
        return;
    last = tail->last;
    before_first = tail->before_first;
    subscriptions = tail->subscriptions;
}

static void tail(const char *reply)
{
    wsub_pull_tail(store, SHARD, on_tail, NULL);
    redis_reply(redis_wait("pull_tail"), reply);
    WAIT_FOR(base, called > 0);
    ck_assert_uint_eq(called, 1);
}

static const struct {
    const char *reply;
    struct wsub_place before_first;
} tails[] = {
    {"*3\r\n" TEXT(3, "9-2") TEXT(3, "0-0") ":5\r\n", {SHARD, 0, 0}},
    {"*3\r\n" TEXT(3, "9-2") TEXT(3, "7-1") ":5\r\n", {SHARD, 7, 0}},
    {"*3\r\n" TEXT(3, "9-2") TEXT(3, "7-0") ":5\r\n", {SHARD, 6, UINT64_MAX}},
};

START_TEST(a_tail_is_the_last_place_and_the_one_before_the_first)
{
    tail(tails[_i].reply);
    ck_assert_int_eq(error, WSUB_OK);
    ck_assert_uint_eq(last.shard, SHARD);
    ck_assert_uint_eq(last.ms, 9);
    ck_assert_uint_eq(last.seq, 2);
    ck_assert_mem_eq(&before_first, &tails[_i].before_first,
                     sizeof(before_first));
    ck_assert_uint_eq(subscriptions, 5);
}
END_TEST

static const char *const odd_tails[] = {
    "*2\r\n" TEXT(3, "9-2") TEXT(3, "0-0"),
    "*3\r\n:1\r\n:1\r\n:1\r\n",
    "*3\r\n" TEXT(3, "9-2") "$-1\r\n:1\r\n",
    "*3\r\n" TEXT(3, "9-2") TEXT(3, "0-0") TEXT(1, "1"),
    "+OK\r\n",
    "-ERR no\r\n",
};

START_TEST(another_reply_is_no_tail)
{
    tail(odd_tails[_i]);
    ck_assert_int_eq(error, WSUB_ERR_REFUSED);
}
END_TEST

static void on_done(void *arg)
{
    ck_assert_ptr_eq(arg, &called);
    called++;
}

START_TEST(topics_are_wanted_with_their_ids)
{
    static const char *const topics[] = {TOPIC, ""};
    struct redis_command *command;

    wsub_pull_want(store, SHARD, topics, 2, 5000, on_done, &called);
    command = redis_wait("pull_want");
    ck_assert_uint_eq(redis_shard(command), SHARD);
    redis_check_args(command,
                     (const char *[]){"5000", TOPIC,
                                      wsub_topic_ref(store, TOPIC).digest, "",
                                      wsub_topic_ref(store, "").digest, NULL});
    redis_reply(command, ":0\r\n");
    WAIT_FOR(base, called == 1);
}
END_TEST

static const struct {
    const char *reply;
    uint64_t left_out;
} wants[] = {{":0\r\n", 0}, {":3\r\n", 3}, {"-OOM full\r\n", 0}, {"*0\r\n", 0}};

START_TEST(topics_that_are_left_out_are_counted)
{
    static const char *const topics[] = {TOPIC};
    uint64_t before = wsub_store_stats[WSUB_STORE_STAT_LEFT_OUT].value;

    wsub_pull_want(store, SHARD, topics, 1, 5000, on_done, &called);
    redis_reply(redis_wait("pull_want"), wants[_i].reply);
    WAIT_FOR(base, called == 1);
    ck_assert_uint_eq(wsub_store_stats[WSUB_STORE_STAT_LEFT_OUT].value,
                      before + wants[_i].left_out);
    wsub_pull_want(store, SHARD, topics, 1, 5000, NULL, NULL);
    redis_reply(redis_wait("pull_want"), ":0\r\n");
    redis_turn_some();
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull_page");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_page_is_asked_for_in_its_shard);
    tcase_add_test(cases, a_page_says_how_far_it_came_and_what_was_missed);
    tcase_add_loop_test(cases,
                        events_are_given_as_they_are_and_odd_ones_left_out, 0,
                        COUNT(pages));
    tcase_add_loop_test(cases, another_reply_is_no_page, 0, COUNT(odd));
    tcase_add_test(cases, a_page_that_can_t_be_asked_for_is_none);
    tcase_add_loop_test(cases,
                        a_tail_is_the_last_place_and_the_one_before_the_first,
                        0, COUNT(tails));
    tcase_add_loop_test(cases, another_reply_is_no_tail, 0, COUNT(odd_tails));
    tcase_add_test(cases, topics_are_wanted_with_their_ids);
    tcase_add_loop_test(cases, topics_that_are_left_out_are_counted, 0,
                        COUNT(wants));
    return suite_run("pull_page", cases);
}
