/* test_intake.c - what an owned shard is fed with, and where it goes, by
 * spreader/intake.h and common/store/owner_feed.h. */
#include "spreader/intake.h"

#include "common/crypto/digest.h"
#include "common/groups/groups.h"
#include "spreader/fanout.h"
#include "tests/unit/shard_fixture.h"

#define COUNT_ARG 1 /* of XREAD */
#define IDS_ARG 8
#define FEED "http://p.example/"

static struct spread_intake *intake;
static struct spread_fanout *fanout;
static struct wsub_groups *groups; /* none are set */
static unsigned wakes;             /* calls */

static void on_wake(struct spread_shard *of, void *arg)
{
    (void)of;
    (void)arg;
    wakes++;
}

static void on_resumed(struct spread_shard *of, const char *position, void *arg)
{
    (void)arg;
    spread_intake_open(intake, of, position);
}

static void on_capacity(struct spread_shard *of, void *arg)
{
    (void)arg;
    spread_intake_kick(intake, of->owned.shard);
}

static void on_nothing(void *arg)
{
    (void)arg;
}

static void on_closing(unsigned number)
{
    spread_intake_close(intake, number);
    spread_fanout_close(fanout, number);
}

static void set_up(void)
{
    wakes = 0;
    redis_set_up_store();
    redis_held = "begin";
    shard_set_up(on_closing);
    fanout = spread_fanout_new(&(struct spread_fanout_options){
        .base = base,
        .store = store,
        .config = &config,
        .shards = 1,
        .on_resumed = on_resumed,
        .on_capacity = on_capacity,
        .on_progress = on_nothing,
    });
    groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = base,
        .store = store,
        .config = &config,
    });
    intake = spread_intake_new(&(struct spread_intake_options){
        .base = base,
        .store = store,
        .fanout = fanout,
        .groups = groups,
        .shards = 1,
        .on_wake = on_wake,
    });
    spread_fanout_open(fanout, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_intake_free(intake);
    wsub_groups_free(groups);
    spread_fanout_free(fanout);
    shard_tear_down();
    redis_tear_down();
}

static void add_word(struct wsub_buf *text, const char *word)
{
    wsub_buf_printf(text, "$%zu\r\n%s\r\n", strlen(word), word);
}

/* Replies to a read with `count` entries of one stream, whose fields are
 * `words`, up to NULL; their ids go on from *last. */
static void give(const char *stream, size_t count, unsigned *last,
                 const char *const words[])
{
    struct redis_command *read = redis_wait("XREAD");
    struct wsub_buf text = {0};
    size_t words_count = 0;
    char id[16];

    while (words[words_count] != NULL)
        words_count++;
    wsub_buf_str(&text, "*1\r\n*2\r\n");
    add_word(&text, stream);
    wsub_buf_printf(&text, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "%u-0", ++*last);
        wsub_buf_str(&text, "*2\r\n");
        add_word(&text, id);
        wsub_buf_printf(&text, "*%zu\r\n", words_count);
        for (size_t w = 0; w < words_count; w++)
            add_word(&text, words[w]);
    }
    redis_reply(read, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

static void give_one(const char *stream, const char *const words[])
{
    unsigned last = 0;

    give(stream, 1, &last, words);
}

static const char *const event[] = {"v",   "1", "t", "a.b", "ct",
                                    "a/b", "b", "x", NULL};

START_TEST(one_read_waits_for_all_that_an_owner_is_told)
{
    redis_check_args(redis_wait("XREAD"),
                     (const char *[]){"COUNT", "16", "BLOCK", "5000", "STREAMS",
                                      "w:{0}:log", "w:{0}:pings", "w:{0}:wake",
                                      "0-0", "0-0", "0-0", NULL});
    ck_assert_uint_eq(wakes, 1); /* whatever came before */
}
END_TEST

START_TEST(an_event_goes_to_the_fan_out)
{
    give_one("w:{0}:log", event);
    ck_assert_str_eq(redis_arg(redis_wait("begin"), 3), "1-0");
    ck_assert_str_eq(redis_arg(redis_wait("XREAD"), IDS_ARG), "1-0");
}
END_TEST

START_TEST(an_event_that_can_t_be_used_is_rejected)
{
    const char *const words[] = {"v", "0", NULL};

    give_one("w:{0}:log", words);
    redis_check_args(redis_wait("reject"),
                     (const char *[]){EPOCH, "log", "1-0",
                                      "its format version is not 1", "0-0",
                                      NULL});
}
END_TEST

START_TEST(what_is_of_a_newer_version_is_held)
{
    const char *const words[] = {"v", "2", NULL};

    give_one("w:{0}:log", words);
    redis_check_args(redis_wait("hold"),
                     (const char *[]){EPOCH, "log", "1-0",
                                      "its format version is not 1", "5", "0-0",
                                      NULL});
}
END_TEST

START_TEST(an_announcement_of_a_newer_version_is_held)
{
    const char *const words[] = {"v", "2", "t", FEED, NULL};

    give_one("w:{0}:pings", words);
    redis_check_args(redis_wait("hold"),
                     (const char *[]){EPOCH, "pings", "1-0",
                                      "its format version is not 1", "5",
                                      NULL});
}
END_TEST

START_TEST(announcements_are_taken_in_one_call)
{
    const char *const words[] = {"v", "1", "t", FEED, NULL};
    char td[WSUB_DIGEST_LEN + 1];
    unsigned last = 0;

    wsub_digest(FEED, strlen(FEED), td);
    give("w:{0}:pings", 2, &last, words);
    redis_check_args(
        redis_wait("announced"),
        (const char *[]){EPOCH, "1-0", FEED, td, "2-0", FEED, td, NULL});
    redis_reply(redis_wait("announced"), ":2\r\n");
    WAIT_FOR(base, shard->under_way == 0);
    ck_assert_str_eq(redis_arg(redis_wait("XREAD"), IDS_ARG + 1), "2-0");
}
END_TEST

START_TEST(an_announcement_that_can_t_be_used_is_rejected)
{
    const char *const words[] = {"v", "1", "t", "a.b", NULL};
    struct redis_command *command;

    give_one("w:{0}:pings", words);
    command = redis_wait("reject");
    ck_assert_str_eq(redis_arg(command, 1), "pings");
    ck_assert_ptr_null(redis_arg(command, 4));
    redis_reply(command, "*2\r\n:1\r\n$3\r\n0-0\r\n");
    WAIT_FOR(base, shard->under_way == 0);
}
END_TEST

START_TEST(a_wake_is_told)
{
    const char *const words[] = {"v", "1", NULL};

    redis_wait("XREAD");
    give_one("w:{0}:wake", words);
    WAIT_FOR(base, wakes == 2);
    ck_assert_str_eq(redis_arg(redis_wait("XREAD"), IDS_ARG + 2), "1-0");
}
END_TEST

START_TEST(a_read_that_times_out_is_made_again)
{
    redis_reply(redis_wait("XREAD"), "*-1\r\n");
    redis_wait("XREAD");
}
END_TEST

START_TEST(a_read_that_is_refused_is_made_again)
{
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    redis_reply(redis_wait("XREAD"), "-ERR refused\r\n");
    redis_wait("XREAD");
}
END_TEST

START_TEST(a_lost_link_is_built_again_and_reads_on)
{
    give_one("w:{0}:log", event);
    redis_wait("begin");
    redis_drop();
    ck_assert_str_eq(redis_arg(redis_wait("XREAD"), IDS_ARG), "1-0");
}
END_TEST

/* The fan-out takes a limited number; then only the rest is read. */
START_TEST(a_log_that_the_fan_out_can_t_take_is_not_read)
{
    struct redis_command *read;
    unsigned last = 0;

    for (;;) {
        read = redis_wait("XREAD");
        if (strcmp(redis_arg(read, 5), "w:{0}:log") != 0)
            break;
        give("w:{0}:log", strtoul(redis_arg(read, COUNT_ARG), NULL, 10), &last,
             event);
    }
    ck_assert_str_eq(redis_arg(read, 5), "w:{0}:pings");
    redis_held = "CLIENT";
    redis_reply(redis_wait("begin"), "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    redis_wait("CLIENT"); /* UNBLOCK */
}
END_TEST

START_TEST(a_log_that_is_read_anew_forgets_what_is_on_its_way)
{
    redis_wait("XREAD");
    spread_intake_open(intake, shard, "5-0");
    give_one("w:{0}:log", event);
    ck_assert_str_eq(redis_arg(redis_wait("XREAD"), IDS_ARG), "5-0");
    ck_assert_ptr_null(redis_find("begin"));
}
END_TEST

START_TEST(a_closed_shard_is_read_no_more)
{
    redis_wait("XREAD");
    on_closing(0);
    spread_shards_close(shards, 0);
    ck_assert_uint_eq(ended, 1);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("XREAD"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("intake");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, one_read_waits_for_all_that_an_owner_is_told);
    tcase_add_test(cases, an_event_goes_to_the_fan_out);
    tcase_add_test(cases, an_event_that_can_t_be_used_is_rejected);
    tcase_add_test(cases, what_is_of_a_newer_version_is_held);
    tcase_add_test(cases, an_announcement_of_a_newer_version_is_held);
    tcase_add_test(cases, announcements_are_taken_in_one_call);
    tcase_add_test(cases, an_announcement_that_can_t_be_used_is_rejected);
    tcase_add_test(cases, a_wake_is_told);
    tcase_add_test(cases, a_read_that_times_out_is_made_again);
    tcase_add_test(cases, a_read_that_is_refused_is_made_again);
    tcase_add_test(cases, a_lost_link_is_built_again_and_reads_on);
    tcase_add_test(cases, a_log_that_the_fan_out_can_t_take_is_not_read);
    tcase_add_test(cases, a_log_that_is_read_anew_forgets_what_is_on_its_way);
    tcase_add_test(cases, a_closed_shard_is_read_no_more);
    return suite_run("intake", cases);
}
