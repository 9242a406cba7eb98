/* test_fanout.c - from entries of the log to pages, by spreader/fanout.h. */
#include "spreader/fanout.h"

#include "common/crypto/digest.h"
#include "spreader/stats.h"
#include "tests/unit/shard_fixture.h"

#define DIGEST "0123456789abcdefghijkl" /* of the content */
#define TOPIC "http://p.example/"
#define NOTHING_OPEN "*1\r\n$3\r\n0-9\r\n"
#define MORE "*2\r\n:500\r\n:0\r\n"
#define FINISHED "*2\r\n:1\r\n:1\r\n"
#define FULL "*2\r\n:0\r\n:2\r\n"

static struct spread_fanout *fanout;
static char position[32];          /* of the last on_resumed */
static unsigned resumed, capacity; /* calls */

static void on_resumed(struct spread_shard *of, const char *at, void *arg)
{
    (void)arg;
    ck_assert_ptr_eq(of, shard);
    resumed++;
    snprintf(position, sizeof(position), "%s", at);
}

static void on_capacity(struct spread_shard *of, void *arg)
{
    (void)of;
    (void)arg;
    capacity++;
}

static void on_nothing(void *arg)
{
    (void)arg;
}

static void on_closing(unsigned number)
{
    spread_fanout_close(fanout, number);
}

static void set_up(void)
{
    resumed = capacity = 0;
    redis_set_up_store();
    redis_held = "resume";
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
    spread_fanout_open(fanout, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_fanout_free(fanout);
    shard_tear_down();
    redis_tear_down();
}

static void resume(const char *reply)
{
    unsigned before = resumed;

    redis_reply(redis_wait("resume"), reply);
    WAIT_FOR(base, resumed == before + 1);
}

static void add_read(const char *id, const char *topic, const char *digest,
                     bool is_newer)
{
    const struct spread_fanout_entry read = {
        .id = id,
        .topic = topic,
        .digest = digest,
        .is_newer = is_newer,
        .why = topic == NULL ? "it is bad" : NULL,
    };

    spread_fanout_add(fanout, 0, &read);
}

static void add(const char *id)
{
    add_read(id, TOPIC, DIGEST, false);
}

/* Waits for a call of that script and replies. */
static void answer(const char *name, const char *id, const char *reply)
{
    struct redis_command *command = redis_wait(name);

    ck_assert_str_eq(redis_arg(command, 1), id);
    redis_reply(command, reply);
}

static bool is_idle(void)
{
    return !spread_fanout_holds_work(fanout) && shard->under_way == 0;
}

START_TEST(an_open_shard_resumes_at_redis_position)
{
    redis_check_args(redis_wait("resume"), (const char *[]){EPOCH, NULL});
    resume("*1\r\n$3\r\n7-3\r\n");
    ck_assert_str_eq(position, "7-3");
    ck_assert(is_idle());
}
END_TEST

START_TEST(what_the_owner_before_left_open_goes_on)
{
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    answer("page", "0-7", MORE);
    answer("page", "0-7", FINISHED);
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(events_begin_in_one_call_after_the_position)
{
    char td[WSUB_DIGEST_LEN + 1];

    wsub_digest(TOPIC, strlen(TOPIC), td);
    resume(NOTHING_OPEN);
    add("1-0");
    add("2-0");
    add("3-0");
    redis_check_args(redis_wait("begin"),
                     (const char *[]){EPOCH, "0-9", "3600000", "1-0", TOPIC,
                                      DIGEST, "1", td, NULL});
    redis_reply(redis_wait("begin"), "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    redis_check_args(redis_wait("begin"),
                     (const char *[]){EPOCH, "1-0", "3600000", "2-0", TOPIC,
                                      DIGEST, "1", td, "3-0", TOPIC, DIGEST,
                                      "1", td, NULL});
    redis_reply(redis_wait("begin"),
                "*5\r\n$3\r\n3-0\r\n:1\r\n:1\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, is_idle());
    ck_assert_uint_eq(capacity, 2);
}
END_TEST

START_TEST(what_did_not_begin_is_sent_again)
{
    resume(NOTHING_OPEN);
    add("1-0");
    redis_wait("begin");
    add("2-0");
    add("3-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    answer("begin", "1-0", "*3\r\n$3\r\n2-0\r\n:1\r\n:1\r\n");
    answer("begin", "2-0", "*3\r\n$3\r\n3-0\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(open_events_get_their_pages_one_after_the_other)
{
    resume(NOTHING_OPEN);
    add("1-0");
    redis_wait("begin");
    add("2-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:100\r\n:0\r\n");
    answer("begin", "1-0", "*3\r\n$3\r\n2-0\r\n:100\r\n:0\r\n");
    answer("page", "1-0", MORE);
    answer("page", "2-0", MORE);
    answer("page", "1-0", FINISHED);
    answer("page", "2-0", FINISHED);
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(a_page_says_whose_it_is_and_what_its_limits_are)
{
    char td[WSUB_DIGEST_LEN + 1];

    wsub_digest(TOPIC, strlen(TOPIC), td);
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    redis_check_args(redis_wait("page"),
                     (const char *[]){EPOCH, "0-7", "500", "1000", td, NULL});
}
END_TEST

START_TEST(where_bulk_is_full_pages_pause_and_events_begin)
{
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    answer("page", "0-7", FULL);
    add("1-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    answer("page", "0-7", FINISHED);
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(a_look_ends_the_pause)
{
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    answer("page", "0-7", FULL);
    WAIT_FOR(base, shard->under_way == 0);
    spread_fanout_look(fanout);
    answer("page", "0-7", FINISHED);
}
END_TEST

START_TEST(an_entry_that_can_t_be_used_is_rejected_in_its_order)
{
    resume(NOTHING_OPEN);
    add("1-0");
    add_read("2-0", NULL, "", false);
    add("3-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    redis_check_args(
        redis_wait("reject"),
        (const char *[]){EPOCH, "log", "2-0", "it is bad", "1-0", NULL});
    redis_reply(redis_wait("reject"), "*2\r\n:1\r\n$3\r\n2-0\r\n");
    answer("begin", "2-0", "*3\r\n$3\r\n3-0\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(an_entry_of_a_newer_version_is_held_in_its_order)
{
    resume(NOTHING_OPEN);
    add("1-0");
    add_read("2-0", NULL, "", true);
    add("3-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    redis_check_args(
        redis_wait("hold"),
        (const char *[]){EPOCH, "log", "2-0", "it is bad", "5", "1-0", NULL});
    redis_reply(redis_wait("hold"), "*3\r\n$4\r\nheld\r\n:1\r\n$3\r\n2-0\r\n");
    answer("begin", "2-0", "*3\r\n$3\r\n3-0\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, is_idle());
    ck_assert_uint_eq(spread_stats[SPREAD_STAT_HELD].value, 1);
}
END_TEST

#define BROKEN "-ERR user_script:7: attempt to index a nil value\r\n"
#define BROKEN_WHY                                                             \
    "Redis refuses it: ERR user_script:7: attempt to index a nil value"

static void refuse(const char *name, const char *id)
{
    for (int i = 0; i < 3; i++)
        answer(name, id, BROKEN);
}

/* Of several, those before it begin. */
START_TEST(an_event_that_redis_refuses_is_rejected_alone)
{
    resume(NOTHING_OPEN);
    add("1-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    add("2-0");
    redis_wait("begin");
    add("3-0");
    refuse("begin", "1-0");
    redis_check_args(
        redis_wait("reject"),
        (const char *[]){EPOCH, "log", "2-0", BROKEN_WHY, "1-0", NULL});
    redis_reply(redis_wait("reject"), "*2\r\n:1\r\n$3\r\n2-0\r\n");
    answer("begin", "2-0", "*3\r\n$3\r\n3-0\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(several_that_redis_refuses_begin_one_by_one)
{
    resume(NOTHING_OPEN);
    add("1-0");
    redis_wait("begin");
    add("2-0");
    add("3-0");
    answer("begin", "0-9", "*3\r\n$3\r\n1-0\r\n:1\r\n:1\r\n");
    refuse("begin", "1-0");
    ck_assert_ptr_null(redis_arg(redis_wait("begin"), 8));
    answer("begin", "1-0", "*3\r\n$3\r\n2-0\r\n:1\r\n:1\r\n");
    refuse("begin", "2-0");
    redis_reply(redis_wait("reject"), "*2\r\n:1\r\n$3\r\n3-0\r\n");
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(an_open_event_whose_page_redis_refuses_is_rejected)
{
    resume("*5\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n"
           "$3\r\n0-8\r\n$17\r\n" TOPIC "\r\n");
    refuse("page", "0-7");
    redis_check_args(
        redis_wait("reject"),
        (const char *[]){EPOCH, "fanout", "0-7", BROKEN_WHY, "0-9", NULL});
    redis_reply(redis_wait("reject"), "*2\r\n:1\r\n$3\r\n0-9\r\n");
    answer("page", "0-8", FINISHED);
    WAIT_FOR(base, is_idle());
}
END_TEST

static const char *const moved[] = {"begin", "reject", "hold"};
static const char *const elsewhere[] = {
    "*1\r\n$3\r\n0-5\r\n", "*2\r\n:0\r\n$3\r\n0-5\r\n",
    "*3\r\n$4\r\nnone\r\n:0\r\n$3\r\n0-5\r\n"};

START_TEST(where_redis_is_elsewhere_the_shard_resumes)
{
    resume(NOTHING_OPEN);
    add_read("1-0", _i == 0 ? TOPIC : NULL, "", _i == 2);
    redis_reply(redis_wait(moved[_i]), elsewhere[_i]);
    add("9-0"); /* read before: it is not the next one */
    resume("*1\r\n$3\r\n0-5\r\n");
    ck_assert_str_eq(position, "0-5");
    ck_assert(is_idle());
    add("0-6");
    answer("begin", "0-5", "*3\r\n$3\r\n0-6\r\n:1\r\n:1\r\n");
}
END_TEST

START_TEST(where_redis_has_lost_the_event_the_shard_resumes)
{
    resume(NOTHING_OPEN);
    add("1-0");
    answer("begin", "0-9", "*1\r\n$3\r\n0-9\r\n");
    resume(NOTHING_OPEN);
    ck_assert(is_idle());
}
END_TEST

START_TEST(after_a_reconnect_the_shard_resumes_once_calls_are_over)
{
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    redis_wait("page");
    spread_fanout_redis_up(fanout);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("resume"));
    answer("page", "0-7", FINISHED);
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    answer("page", "0-7", FINISHED);
    WAIT_FOR(base, is_idle());
    spread_fanout_redis_up(fanout);
    resume(NOTHING_OPEN);
    ck_assert(is_idle());
}
END_TEST

START_TEST(a_shard_that_is_not_open_does_not_resume)
{
    resume(NOTHING_OPEN);
    on_shard_fenced(&shard->owned, NULL);
    spread_fanout_redis_up(fanout);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("resume"));
}
END_TEST

START_TEST(a_sweep_that_finds_another_position_resumes_once_calls_are_over)
{
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    redis_wait("page");
    spread_fanout_position(fanout, 0, "0-9");
    redis_turn_some();
    ck_assert_ptr_null(redis_find("resume"));
    spread_fanout_position(fanout, 0, "0-1");
    redis_turn_some();
    ck_assert_ptr_null(redis_find("resume"));
    answer("page", "0-7", MORE);
    resume(NOTHING_OPEN);
    ck_assert(is_idle());
}
END_TEST

START_TEST(no_more_entries_are_held_than_may_be)
{
    char id[16];
    unsigned count = 0;

    resume(NOTHING_OPEN);
    while (spread_fanout_capacity(fanout, 0) > 0) {
        snprintf(id, sizeof(id), "%u-0", ++count);
        add(id);
    }
    ck_assert_uint_ge(count, 64);
    ck_assert_uint_le(count, 10000);
}
END_TEST

static const char *const scripts[] = {"resume", "begin", "page", "reject",
                                      "hold"};

START_TEST(a_call_that_is_fenced_closes_the_shard)
{
    if (_i > 0)
        resume(_i == 2 ? "*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n"
                       : NOTHING_OPEN);
    if (_i > 0)
        add_read("1-0", _i >= 3 ? NULL : TOPIC, "", _i == 4);
    redis_reply(redis_wait(scripts[_i]), FENCED);
    WAIT_FOR(base, fenced == 1);
    ck_assert(!spread_fanout_holds_work(fanout));
    for (int i = 0; i < COUNT(scripts); i++)
        while (redis_find(scripts[i]) != NULL)
            redis_reply(redis_find(scripts[i]), FENCED);
    WAIT_FOR(base, ended == 1);
}
END_TEST

START_TEST(a_call_that_a_lost_link_left_open_is_repeated)
{
    resume("*3\r\n$3\r\n0-9\r\n$3\r\n0-7\r\n$17\r\n" TOPIC "\r\n");
    redis_wait("page");
    redis_drop();
    answer("page", "0-7", FINISHED);
    WAIT_FOR(base, is_idle());
}
END_TEST

START_TEST(events_that_are_open_at_the_end_are_left_to_others)
{
    resume(NOTHING_OPEN);
    add("1-0");
    add("2-0");
    redis_wait("begin");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("fanout");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_open_shard_resumes_at_redis_position);
    tcase_add_test(cases, what_the_owner_before_left_open_goes_on);
    tcase_add_test(cases, events_begin_in_one_call_after_the_position);
    tcase_add_test(cases, what_did_not_begin_is_sent_again);
    tcase_add_test(cases, open_events_get_their_pages_one_after_the_other);
    tcase_add_test(cases, a_page_says_whose_it_is_and_what_its_limits_are);
    tcase_add_test(cases, where_bulk_is_full_pages_pause_and_events_begin);
    tcase_add_test(cases, a_look_ends_the_pause);
    tcase_add_test(cases, an_entry_that_can_t_be_used_is_rejected_in_its_order);
    tcase_add_test(cases, an_entry_of_a_newer_version_is_held_in_its_order);
    tcase_add_test(cases, an_event_that_redis_refuses_is_rejected_alone);
    tcase_add_test(cases, several_that_redis_refuses_begin_one_by_one);
    tcase_add_test(cases, an_open_event_whose_page_redis_refuses_is_rejected);
    tcase_add_loop_test(cases, where_redis_is_elsewhere_the_shard_resumes, 0,
                        COUNT(moved));
    tcase_add_test(cases, where_redis_has_lost_the_event_the_shard_resumes);
    tcase_add_test(cases,
                   after_a_reconnect_the_shard_resumes_once_calls_are_over);
    tcase_add_test(cases, a_shard_that_is_not_open_does_not_resume);
    tcase_add_test(
        cases, a_sweep_that_finds_another_position_resumes_once_calls_are_over);
    tcase_add_test(cases, no_more_entries_are_held_than_may_be);
    tcase_add_loop_test(cases, a_call_that_is_fenced_closes_the_shard, 0,
                        COUNT(scripts));
    tcase_add_test(cases, a_call_that_a_lost_link_left_open_is_repeated);
    tcase_add_test(cases, events_that_are_open_at_the_end_are_left_to_others);
    return suite_run("fanout", cases);
}
