/* test_pull_log_feed.c - the events of a shard's log as they come, by
 * common/store/pull/log_feed.h and common/store/stream_feed.h. */
#include "common/store/pull/log_feed.h"

#include "tests/unit/redis_fixture.h"

#define LOG "w:{0}:log"
#define ID_ARG 6 /* of XREAD */
#define NOTHING "*-1\r\n"
#define TEXT(len, text) "$" #len "\r\n" text "\r\n"
#define FIELD(name_len, name, len, text) TEXT(name_len, name) TEXT(len, text)
#define V FIELD(1, "v", 1, "1")
#define T FIELD(1, "t", 3, "a.b")
#define CT FIELD(2, "ct", 3, "a/b")
#define B FIELD(1, "b", 2, "xy")
#define ENTRY(len, id, words, fields)                                          \
    "*2\r\n" TEXT(len, id) "*" #words "\r\n" fields
#define ENTRIES(count, entries)                                                \
    "*1\r\n*2\r\n" TEXT(9, LOG) "*" #count "\r\n" entries
#define EVENT_AT(len, id) ENTRY(len, id, 8, V T CT B)
#define TAIL_AT(len, id) "*3\r\n" TEXT(len, id) TEXT(3, "0-0") ":0\r\n"

static struct wsub_pull_log_feed *feed;
static bool takes;
static unsigned rounds, ups, downs;
static char given[256];

static bool on_capacity(void *arg)
{
    (void)arg;
    return takes;
}

static void on_event(const struct wsub_pull_event *event, void *arg)
{
    size_t used = strlen(given);

    (void)arg;
    snprintf(given + used, sizeof(given) - used, "%" PRIu64 " %s %s %s %.*s;",
             event->place.ms, event->topic, event->content_type,
             event->content_coding == NULL ? "-" : event->content_coding,
             (int)event->body_bytes, event->body);
}

static void on_given(void *arg)
{
    (void)arg;
    rounds++;
}

static void on_up(void *arg)
{
    (void)arg;
    ups++;
}

static void on_down(void *arg)
{
    (void)arg;
    downs++;
}

static void open_feed(void)
{
    feed = wsub_pull_log_feed_new(
        &(struct wsub_pull_log_feed_options){
            .base = base,
            .store = store,
            .capacity = on_capacity,
            .on_event = on_event,
            .on_given = on_given,
            .on_up = on_up,
            .on_down = on_down,
        },
        &(struct wsub_place){0, 5, 0});
}

static void set_up(void)
{
    takes = true;
    rounds = ups = downs = 0;
    given[0] = '\0';
    redis_set_up_store();
    open_feed();
}

static void tear_down(void)
{
    wsub_pull_log_feed_free(feed);
    wsub_store_close(store);
    redis_tear_down();
}

static void give(const char *reply)
{
    redis_reply(redis_wait("XREAD"), reply);
}

static void check_next_after(const char *id)
{
    ck_assert_str_eq(redis_arg(redis_wait("XREAD"), ID_ARG), id);
}

START_TEST(the_log_is_read_after_the_position)
{
    redis_check_args(redis_wait("XREAD"),
                     (const char *[]){"COUNT", "16", "BLOCK", "5000", "STREAMS",
                                      LOG, "5-0", NULL});
    ck_assert_uint_eq(ups, 1);
    ck_assert(wsub_pull_log_feed_is_up(feed));
}
END_TEST

START_TEST(events_are_given_as_they_come)
{
    give(ENTRIES(2, EVENT_AT(3, "6-0")
                        ENTRY(3, "7-0", 10, V T CT FIELD(2, "ce", 2, "br") B)));
    check_next_after("7-0");
    ck_assert_str_eq(given, "6 a.b a/b - xy;7 a.b a/b br xy;");
    ck_assert_uint_eq(rounds, 1);
}
END_TEST

static const char *const odd[] = {
    ENTRY(3, "6-0", 6, V CT B),
    ENTRY(3, "6-0", 6, V T B),
    ENTRY(3, "6-0", 6, V T CT),
    ENTRY(3, "6-0", 6, T CT B),
    ENTRY(3, "6-0", 8, FIELD(1, "v", 1, "2") T CT B),
    ENTRY(3, "6-0", 8, V FIELD(1, "t", 0, "") CT B),
    ENTRY(3, "6-0", 2, FIELD(1, "x", 0, "")),
};

START_TEST(an_entry_that_is_no_event_is_passed)
{
    char reply[512];

    snprintf(reply, sizeof(reply), ENTRIES(2, "%s" EVENT_AT(3, "7-0")),
             odd[_i]);
    give(reply);
    check_next_after("7-0");
    ck_assert_str_eq(given, "7 a.b a/b - xy;");
}
END_TEST

START_TEST(without_capacity_nothing_is_read_until_there_is_some)
{
    redis_wait("XREAD");
    takes = false;
    give(ENTRIES(1, EVENT_AT(3, "6-0")));
    WAIT_FOR(base, rounds == 1);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("XREAD"));
    wsub_pull_log_feed_kick(feed);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("XREAD"));
    takes = true;
    wsub_pull_log_feed_kick(feed);
    check_next_after("6-0");
}
END_TEST

START_TEST(a_lost_link_is_told_and_reads_on)
{
    give(ENTRIES(1, EVENT_AT(3, "6-0")));
    redis_wait("XREAD");
    redis_drop();
    WAIT_FOR(base, downs == 1);
    ck_assert(!wsub_pull_log_feed_is_up(feed));
    check_next_after("6-0");
    ck_assert_uint_eq(ups, 2);
    ck_assert(wsub_pull_log_feed_is_up(feed));
}
END_TEST

START_TEST(a_read_that_is_refused_is_made_again)
{
    give("-ERR refused\r\n");
    check_next_after("5-0");
    ck_assert_uint_eq(downs, 0);
}
END_TEST

/* Each time the link is built, and whenever nothing comes. */
START_TEST(where_the_log_ends_is_looked_at_once_at_a_time)
{
    redis_wait("pull_tail");
    give(NOTHING);
    redis_wait("XREAD");
    ck_assert_uint_eq(redis_count("pull_tail"), 1);
    redis_reply(redis_find("pull_tail"), TAIL_AT(3, "5-0"));
    WAIT_FOR(base, redis_count("pull_tail") == 0);
    redis_turn_some();
    give(NOTHING);
    redis_reply(redis_wait("pull_tail"), "-ERR no\r\n");
    check_next_after("5-0");
    ck_assert_uint_eq(rounds, 0);
}
END_TEST

START_TEST(a_log_that_began_anew_is_read_from_its_first_event)
{
    redis_wait("XREAD");
    redis_reply(redis_wait("pull_tail"), TAIL_AT(3, "3-0"));
    redis_turn_some();
    give(ENTRIES(1, EVENT_AT(3, "6-0"))); /* of the log before */
    check_next_after("0-0");
    give(ENTRIES(1, EVENT_AT(3, "3-0")));
    check_next_after("3-0");
    ck_assert_str_eq(given, "3 a.b a/b - xy;");
}
END_TEST

/* The tail is that of when it was asked for; events have come since. */
START_TEST(a_look_that_is_late_changes_nothing)
{
    redis_wait("pull_tail");
    give(ENTRIES(1, EVENT_AT(3, "9-0")));
    redis_wait("XREAD");
    redis_reply(redis_wait("pull_tail"), TAIL_AT(3, "5-0"));
    redis_turn_some();
    check_next_after("9-0");
    give(NOTHING);
    check_next_after("9-0");
}
END_TEST

START_TEST(a_feed_may_end_while_it_looks)
{
    struct redis_command *look = redis_wait("pull_tail");

    redis_wait("XREAD");
    wsub_pull_log_feed_free(feed);
    feed = NULL;
    redis_reply(look, TAIL_AT(3, "3-0"));
    redis_turn_some();
    ck_assert_uint_eq(downs, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull_log_feed");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_log_is_read_after_the_position);
    tcase_add_test(cases, events_are_given_as_they_come);
    tcase_add_loop_test(cases, an_entry_that_is_no_event_is_passed, 0,
                        COUNT(odd));
    tcase_add_test(cases, without_capacity_nothing_is_read_until_there_is_some);
    tcase_add_test(cases, a_lost_link_is_told_and_reads_on);
    tcase_add_test(cases, a_read_that_is_refused_is_made_again);
    tcase_add_test(cases, where_the_log_ends_is_looked_at_once_at_a_time);
    tcase_add_test(cases, a_log_that_began_anew_is_read_from_its_first_event);
    tcase_add_test(cases, a_look_that_is_late_changes_nothing);
    tcase_add_test(cases, a_feed_may_end_while_it_looks);
    return suite_run("pull_log_feed", cases);
}
