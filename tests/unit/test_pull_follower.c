/* test_pull_follower.c - the events of some topics after cursors, by
 * hub/pull/follower.h and hub/pull/feeds.h. */
#include "hub/pull/follower.h"

#include "tests/unit/redis_fixture.h"

#define SHARDS 4

static struct hub_pull_feeds *feeds;
static struct hub_pull_topics topics;
static struct hub_pull_follower *follower;
static struct hub_pull_follower_options options;
static unsigned settled, missed; /* of each page */
static enum wsub_err error;
static char texts[256], *wire;

static void on_settled(enum wsub_err err, void *arg)
{
    (void)arg;
    settled++;
    error = err;
}

/* As a stream that is cut. */
static void on_settled_free(enum wsub_err err, void *arg)
{
    on_settled(err, arg);
    if (err == WSUB_OK)
        return;
    hub_pull_follower_free(follower);
    follower = NULL;
}

static void set_up(void)
{
    settled = missed = 0;
    error = WSUB_OK;
    redis_set_up_shards(SHARDS);
    config.topic_allow = redis_empty;
    feeds = hub_pull_feeds_new(base, store, &config);
    hub_pull_topics_init(&topics, store, "*");
    options = (struct hub_pull_follower_options){
        .store = store,
        .feeds = feeds,
        .config = &config,
        .topics = &topics,
        .live = true,
        .max_events = 8,
        .max_bytes = 1000,
        .on_settled = on_settled,
    };
}

static void tear_down(void)
{
    hub_pull_follower_free(follower);
    follower = NULL;
    wsub_store_close(store);
    hub_pull_feeds_free(feeds);
    hub_pull_topics_done(&topics);
    redis_tear_down();
    free(wire);
    wire = NULL;
}

/* Follows so many shards, after 1-0 of each. */
static void follow(unsigned shards)
{
    struct wsub_place places[SHARDS];

    for (unsigned i = 0; i < shards; i++)
        places[i] = (struct wsub_place){i, 1, 0};
    options.cursors = &(struct wsub_pull_cursors){places, shards};
    follower = hub_pull_follower_new(&options);
}

static void say_tail(unsigned ms)
{
    char reply[128], id[32];

    snprintf(id, sizeof(id), "%u-0", ms);
    snprintf(reply, sizeof(reply), "*3\r\n$%zu\r\n%s\r\n$3\r\n0-0\r\n:0\r\n",
             strlen(id), id);
    redis_reply(redis_wait("pull_tail"), reply);
}

/* All shards end at `ms`. */
static void say_tails(unsigned ms)
{
    for (unsigned i = 0; i < SHARDS; i++)
        say_tail(ms);
}

/* What the feeds look for by themselves: nothing was lost. */
static void say_later_tails(void)
{
    redis_turn_some();
    while (redis_find("pull_tail") != NULL)
        say_tail(1000);
}

/* The page of the shard that waits for its reply. */
static struct redis_command *find_page(unsigned shard)
{
    struct redis_command *command;

    TAILQ_FOREACH(command, &redis_commands, next)
    if (command->reply == NULL && strcmp(command->name, "pull_page") == 0 &&
        redis_shard(command) == shard)
        return command;
    return NULL;
}

static struct redis_command *wait_page(unsigned shard)
{
    WAIT_FOR(base, find_page(shard) != NULL);
    return find_page(shard);
}

/* A page of `count` events at `ms`, one a ms; `reached` in ms. */
static void say_page(unsigned shard, unsigned ms, unsigned count,
                     unsigned reached, bool more)
{
    struct redis_command *command = wait_page(shard);
    struct wsub_buf text = {0};
    char id[32];

    say_later_tails();
    snprintf(id, sizeof(id), "%u-0", reached);
    wsub_buf_printf(&text, "*%u\r\n$%zu\r\n%s\r\n:%d\r\n:%u\r\n", 3 + 5 * count,
                    strlen(id), id, more, missed);
    for (unsigned i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "%u-0", ms + i);
        wsub_buf_printf(&text,
                        "$%zu\r\n%s\r\n$3\r\na.b\r\n$3\r\na/b\r\n$-1\r\n"
                        "$2\r\nxy\r\n",
                        strlen(id), id);
    }
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

/* The shard's feed reads an event at `ms`. */
static void feed(unsigned shard, unsigned ms)
{
    char reply[256], id[32], log[32];

    snprintf(log, sizeof(log), "w:{%u}:log", shard);
    snprintf(id, sizeof(id), "%u-0", ms);
    snprintf(reply, sizeof(reply),
             "*1\r\n*2\r\n$9\r\nw:{%u}:log\r\n*1\r\n*2\r\n$%zu\r\n%s\r\n"
             "*8\r\n$1\r\nv\r\n$1\r\n1\r\n$1\r\nt\r\n$3\r\na.b\r\n$2\r\nct\r\n"
             "$3\r\na/b\r\n$1\r\nb\r\n$2\r\nxy\r\n",
             shard, strlen(id), id);
    redis_reply(redis_wait_with("XREAD", log), reply);
}

/* Waits until the owner is told once more. */
static void wait_settled(void)
{
    unsigned before = settled;

    WAIT_FOR(base, settled > before);
}

/* What was gathered: "SHARD-MS ..." */
static const char *gathered(void)
{
    struct hub_pull_event *const *events;
    size_t count, used = 0;

    events = hub_pull_follower_events(follower, &count);
    texts[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(texts + used, sizeof(texts) - used,
                                 "%s%u-%" PRIu64, i > 0 ? " " : "",
                                 events[i]->place.shard, events[i]->place.ms);
    return texts;
}

static void wait_gathered(const char *expected)
{
    WAIT_FOR(base, settled > 0 && strcmp(gathered(), expected) == 0);
}

static const char *cursors(void)
{
    struct wsub_pull_cursors now, before;

    hub_pull_follower_cursors(follower, &now, &before);
    free(wire);
    wire = wsub_pull_cursors_text(&now);
    wsub_pull_cursors_done(&now);
    wsub_pull_cursors_done(&before);
    return wire;
}

START_TEST(who_is_not_live_reads_what_there_is)
{
    options.live = false;
    follow(2);
    say_page(0, 3, 2, 9, false);
    say_page(1, 2, 1, 7, false);
    wait_gathered("1-2 0-3 0-4");
    ck_assert_str_eq(cursors(), "0-9-0 1-7-0");
}
END_TEST

START_TEST(who_is_as_far_as_the_feed_reads_no_page)
{
    follow(1);
    say_tails(1);
    wait_page(0);
    say_page(0, 0, 0, 1, false);
    wait_settled();
    hub_pull_follower_free(follower);
    follow(1);
    wait_settled();
    ck_assert_uint_eq(redis_count("pull_page"), 0);
    feed(0, 5);
    wait_gathered("0-5");
    ck_assert_str_eq(cursors(), "0-5-0");
}
END_TEST

START_TEST(what_is_told_while_a_page_is_read_comes_once)
{
    follow(1);
    say_tails(4);
    wait_page(0);
    feed(0, 5);
    feed(0, 6);
    redis_wait_with("XREAD", "6-0");
    say_page(0, 3, 3, 5, false);
    wait_gathered("0-3 0-4 0-5 0-6");
    ck_assert_str_eq(cursors(), "0-6-0");
}
END_TEST

START_TEST(what_does_not_fit_while_a_page_is_read_is_read_again)
{
    options.max_events = 2;
    follow(1);
    say_tails(4);
    wait_page(0);
    for (unsigned ms = 5; ms < 9; ms++)
        feed(0, ms);
    redis_wait_with("XREAD", "8-0");
    say_page(0, 4, 1, 4, false);
    say_page(0, 5, 1, 5, true);
    wait_gathered("0-4 0-5");
    ck_assert_str_eq(cursors(), "0-5-0");
    hub_pull_follower_drop(follower);
    hub_pull_follower_go_on(follower);
    ck_assert_str_eq(redis_arg(wait_page(0), 0), "5-0");
    say_page(0, 6, 2, 7, true);
    wait_gathered("0-6 0-7");
}
END_TEST

START_TEST(events_beyond_the_bound_wait_in_the_log)
{
    options.max_events = 2;
    follow(1);
    say_tails(1);
    say_page(0, 0, 0, 1, false);
    wait_settled();
    feed(0, 5);
    feed(0, 6);
    feed(0, 7);
    redis_wait_with("XREAD", "7-0");
    ck_assert_str_eq(gathered(), "0-5 0-6");
    ck_assert_str_eq(cursors(), "0-6-0");
    hub_pull_follower_drop(follower);
    hub_pull_follower_go_on(follower);
    ck_assert_str_eq(redis_arg(wait_page(0), 0), "6-0");
    say_page(0, 7, 1, 7, false);
    wait_gathered("0-7");
}
END_TEST

START_TEST(who_leaves_while_a_page_is_read_hears_no_more)
{
    follow(2);
    say_tails(3);
    wait_page(0);
    wait_page(1);
    hub_pull_follower_free(follower);
    follower = NULL;
    say_page(0, 2, 1, 3, false);
    say_page(1, 2, 1, 3, false);
    redis_turn_some();
    ck_assert_uint_eq(settled, 0);
}
END_TEST

START_TEST(in_order_no_shard_is_ahead_of_what_is_to_be_read)
{
    options.in_order = true;
    follow(2);
    say_tails(90);
    ck_assert_str_eq(redis_arg(wait_page(0), 1), "4");
    ck_assert_str_eq(redis_arg(wait_page(1), 1), "4");
    say_page(0, 2, 4, 5, true);
    say_page(1, 3, 4, 60, true);
    wait_gathered("0-2 0-3 1-3 0-4 1-4 0-5");
    ck_assert_str_eq(cursors(), "0-5-0 1-4-18446744073709551615");
    hub_pull_follower_drop(follower);
    hub_pull_follower_go_on(follower);
    say_page(0, 70, 1, 90, false);
    say_page(1, 5, 2, 60, true);
    wait_gathered("1-5 1-6");
    ck_assert_str_eq(cursors(), "0-69-18446744073709551615 1-60-0");
}
END_TEST

START_TEST(in_order_the_feed_waits_for_what_is_to_be_read)
{
    options.in_order = true;
    options.max_events = 2;
    follow(2);
    say_tails(90);
    say_page(0, 0, 0, 90, false);
    say_page(1, 3, 1, 3, true);
    wait_gathered("1-3");
    hub_pull_follower_drop(follower);
    feed(0, 95);
    redis_wait_with("XREAD", "95-0");
    redis_turn_some();
    ck_assert_str_eq(gathered(), "");
    hub_pull_follower_go_on(follower);
    say_page(1, 4, 0, 90, false);
    say_page(0, 95, 1, 95, false);
    wait_gathered("0-95");
}
END_TEST

/* The one that is furthest behind is read first, and fits. */
START_TEST(in_order_each_round_comes_forward)
{
    options.in_order = true;
    options.max_bytes = 2;
    follow(2);
    say_tails(90);
    say_page(0, 9, 1, 9, true);
    say_page(1, 5, 1, 5, true);
    wait_settled();
    ck_assert_str_eq(gathered(), "");
    hub_pull_follower_go_on(follower);
    ck_assert_uint_eq(redis_shard(redis_wait("pull_page")), 1);
    say_page(1, 5, 1, 5, true);
    say_page(0, 9, 1, 9, true);
    wait_gathered("1-5");
}
END_TEST

START_TEST(what_left_is_counted_once_when_events_do_not_fit)
{
    unsigned first;

    options.live = false;
    options.max_bytes = 2;
    follow(2);
    first = redis_shard(redis_wait("pull_page"));
    say_page(first, 2, 1, 2, false);
    missed = 3;
    say_page(1 - first, 9, 1, 9, false);
    wait_gathered(first == 0 ? "0-2" : "1-2");
    ck_assert_uint_eq(hub_pull_follower_missed(follower), 3);
    hub_pull_follower_drop(follower);
    hub_pull_follower_go_on(follower);
    ck_assert_str_eq(redis_arg(wait_page(1 - first), 0),
                     "8-18446744073709551615");
}
END_TEST

/* Redis goes between two pages, and each further page fails at once. */
START_TEST(its_owner_may_free_it_when_redis_is_away)
{
    options.on_settled = on_settled_free;
    options.max_events = 1;
    follow(SHARDS);
    say_tails(3);
    for (unsigned i = 0; i < SHARDS; i++)
        say_page(i, 2, 1, 3, true);
    wait_settled();
    hub_pull_follower_drop(follower);
    redis_drop();
    WAIT_FOR(base, !wsub_store_up(store));
    hub_pull_follower_go_on(follower);
    wait_settled();
    ck_assert_int_eq(error, WSUB_ERR_UNAVAILABLE);
    ck_assert_ptr_null(follower);
}
END_TEST

START_TEST(a_page_that_is_refused_ends_it)
{
    follow(1);
    say_tails(3);
    redis_reply(wait_page(0), "-ERR no\r\n");
    wait_settled();
    ck_assert_int_eq(error, WSUB_ERR_REFUSED);
}
END_TEST

START_TEST(a_shard_is_read_for_nobody_when_all_left_meanwhile)
{
    follow(1);
    redis_wait("pull_tail");
    hub_pull_follower_free(follower);
    follower = NULL;
    say_tails(3);
    redis_turn_some();
    ck_assert_uint_eq(redis_count("XREAD"), 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull follower");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, who_is_not_live_reads_what_there_is);
    tcase_add_test(cases, who_is_as_far_as_the_feed_reads_no_page);
    tcase_add_test(cases, what_is_told_while_a_page_is_read_comes_once);
    tcase_add_test(cases, what_does_not_fit_while_a_page_is_read_is_read_again);
    tcase_add_test(cases, events_beyond_the_bound_wait_in_the_log);
    tcase_add_test(cases, who_leaves_while_a_page_is_read_hears_no_more);
    tcase_add_test(cases, in_order_no_shard_is_ahead_of_what_is_to_be_read);
    tcase_add_test(cases, in_order_the_feed_waits_for_what_is_to_be_read);
    tcase_add_test(cases, in_order_each_round_comes_forward);
    tcase_add_test(cases, what_left_is_counted_once_when_events_do_not_fit);
    tcase_add_test(cases, its_owner_may_free_it_when_redis_is_away);
    tcase_add_test(cases, a_page_that_is_refused_ends_it);
    tcase_add_test(cases, a_shard_is_read_for_nobody_when_all_left_meanwhile);
    return suite_run("pull follower", cases);
}
