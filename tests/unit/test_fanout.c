/* test_fanout.c - from events to pages, by spreader/fanout.h. */
#include "spreader/fanout.h"

#include "common/crypto/digest.h"
#include "tests/unit/entry_fixture.h"
#include "tests/unit/redis_fixture.h"

#define MORE "*2\r\n:500\r\n:0\r\n"
#define FINISHED "*2\r\n:1\r\n:1\r\n"
#define FULL "*2\r\n:0\r\n:2\r\n"
#define EARLY "*2\r\n:0\r\n:3\r\n"

static struct spread_fanout *fanout;
static size_t over;        /* entries, by on_done */
static unsigned idle, got; /* calls of on_idle, of on_progress */

static void on_done(size_t entries, void *arg)
{
    (void)arg;
    over += entries;
}

static void on_idle(void *arg)
{
    (void)arg;
    idle++;
}

static void on_progress(void *arg)
{
    (void)arg;
    got++;
}

static void set_up(void)
{
    over = 0;
    idle = got = 0;
    redis_set_up_store();
    fanout = spread_fanout_new(&(struct spread_fanout_options){
        .loop = loop,
        .store = store,
        .config = &config,
        .on_progress = on_progress,
        .on_done = on_done,
        .on_idle = on_idle,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_fanout_free(fanout);
    redis_tear_down();
}

static void start(const char *id)
{
    static const char *const words[] = {
        "v", "1", "t", "http://p.example/", "ct", "a/b", "b", "x", NULL};
    struct entry_fixture e;

    entry_make(&e, id, words);
    spread_fanout_start(fanout, &e.entry);
    entry_done(&e);
}

/* Waits for the next page, which is the event's, and replies. */
static void page(const char *id, const char *reply)
{
    struct redis_command *command = redis_wait("page");

    ck_assert_str_eq(redis_arg(command, 0), id);
    redis_reply(command, reply);
}

START_TEST(a_page_says_whose_it_is_and_what_its_limits_are)
{
    char td[WSUB_DIGEST_LEN + 1];

    wsub_digest("http://p.example/", 17, td);
    start("1-0");
    redis_check_args(
        redis_wait("page"),
        (const char *[]){"1-0", "500", "3600000", "1000", td, NULL});
}
END_TEST

START_TEST(an_event_is_over_after_its_last_page)
{
    ck_assert(spread_fanout_idle(fanout));
    start("1-0");
    ck_assert(!spread_fanout_idle(fanout));
    page("1-0", MORE);
    page("1-0", MORE);
    ck_assert_uint_eq(over, 0);
    page("1-0", FINISHED);
    WAIT_FOR(base, over == 1);
    ck_assert(spread_fanout_idle(fanout));
    ck_assert_uint_eq(idle, 1);
    ck_assert_uint_eq(got, 3);
}
END_TEST

START_TEST(one_page_is_on_its_way_at_a_time)
{
    start("1-0");
    start("2-0");
    page("1-0", FINISHED);
    page("2-0", FINISHED);
    WAIT_FOR(base, over == 2);
    ck_assert_uint_eq(idle, 1);
}
END_TEST

START_TEST(an_event_that_is_held_already_is_over_at_once)
{
    start("1-0");
    start("1-0");
    ck_assert_uint_eq(over, 1);
    page("1-0", FINISHED);
    WAIT_FOR(base, over == 2);
    ck_assert_ptr_null(redis_find("page"));
}
END_TEST

static const char *const refusals[] = {FULL, EARLY};

START_TEST(an_event_that_has_to_wait_is_tried_again_after_a_pause)
{
    start("1-0");
    page("1-0", refusals[_i]);
    WAIT_FOR(base, got == 1);
    ck_assert(spread_fanout_idle(fanout));
    ck_assert_uint_eq(idle, 1);
    page("1-0", FINISHED);
    WAIT_FOR(base, over == 1);
}
END_TEST

START_TEST(a_page_that_a_lost_link_left_open_is_repeated)
{
    start("1-0");
    redis_wait("page");
    redis_drop();
    ck_assert(!spread_fanout_idle(fanout));
    page("1-0", FINISHED);
    WAIT_FOR(base, over == 1);
}
END_TEST

START_TEST(open_events_are_kept_from_being_taken_over)
{
    redis_held = "renew";
    start("1-0");
    page("1-0", EARLY);
    start("2-0");
    redis_check_args(
        redis_wait("renew"),
        (const char *[]){"spread", "me", "log", "1-0", "log", "2-0", NULL});
}
END_TEST

START_TEST(events_that_are_open_at_the_end_are_left_to_others)
{
    start("1-0");
    start("2-0");
    redis_wait("page");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("fanout");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_page_says_whose_it_is_and_what_its_limits_are);
    tcase_add_test(cases, an_event_is_over_after_its_last_page);
    tcase_add_test(cases, one_page_is_on_its_way_at_a_time);
    tcase_add_test(cases, an_event_that_is_held_already_is_over_at_once);
    tcase_add_loop_test(cases,
                        an_event_that_has_to_wait_is_tried_again_after_a_pause,
                        0, COUNT(refusals));
    tcase_add_test(cases, a_page_that_a_lost_link_left_open_is_repeated);
    tcase_add_test(cases, open_events_are_kept_from_being_taken_over);
    tcase_add_test(cases, events_that_are_open_at_the_end_are_left_to_others);
    return suite_run("fanout", cases);
}
