/* test_crashes.c - which of the suspected poison jobs go on, and when:
 * deliver/crashes.h. */
#include "deliver/crashes.h"

#include "common/base/container_of.h"
#include "tests/unit/redis_fixture.h"

#define LIMIT 4
#define JOBS 300

#define QUESTION 0 /* arguments of crashes.lua */
#define STREAM 2
#define ENTRY 3

struct job {
    struct deliver_crash_check check;
    char entry[16];
    unsigned went, settled_elsewhere;
};

static struct deliver_crashes *crashes;
static struct job jobs[JOBS];
static unsigned went, settled_elsewhere;

static void on_go(struct deliver_crash_check *check)
{
    went++;
    wsub_container_of(check, struct job, check)->went++;
}

static void on_settled_elsewhere(struct deliver_crash_check *check)
{
    settled_elsewhere++;
    wsub_container_of(check, struct job, check)->settled_elsewhere++;
}

static void set_up(void)
{
    went = settled_elsewhere = 0;
    redis_set_up_shards(2);
    crashes = deliver_crashes_new(base, store, LIMIT);
    for (unsigned i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){
            .check = {.on_go = on_go,
                      .on_settled_elsewhere = on_settled_elsewhere}};
        snprintf(jobs[i].entry, sizeof(jobs[i].entry), "%u-0", i);
        jobs[i].check.claim =
            (struct wsub_claim){.stream = "outbox", .entry = jobs[i].entry};
    }
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_crashes_free(crashes);
    redis_tear_down();
}

static void check(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        deliver_crashes_check(crashes, &jobs[i].check);
}

/* Replies that each of `count` entries has that crash count. */
static void reply_counts(struct redis_command *command, size_t count,
                         unsigned crash_count)
{
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        wsub_buf_printf(&text, ":%u\r\n", crash_count);
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

static struct redis_command *asked(const char *question)
{
    struct redis_command *command = redis_wait("crashes");

    ck_assert_str_eq(redis_arg(command, QUESTION), question);
    return command;
}

/* Takes `count` entries over that processes ended with `crash_count` times. */
static void take_over(unsigned count, unsigned crash_count)
{
    check(0, count);
    reply_counts(asked("taken"), count, crash_count);
}

/* The first of the window is alone, and has its crash counted before. */
static void go_alone(unsigned job)
{
    struct redis_command *command = asked("alone");

    ck_assert_str_eq(redis_arg(command, ENTRY), jobs[job].entry);
    reply_counts(command, 1, 3);
    WAIT_FOR(base, jobs[job].went == 1);
}

static void over(unsigned job)
{
    deliver_crashes_over(crashes, &jobs[job].check);
}

START_TEST(what_is_taken_over_once_goes_on_at_once)
{
    take_over(3, 1);
    WAIT_FOR(base, went == 3);
    ck_assert_uint_eq(deliver_crashes_count(&jobs[0].check), 1);
    ck_assert(!deliver_crashes_over_limit(crashes, &jobs[0].check));
    over(0); /* nobody waits for it */
    redis_turn_some();
    ck_assert_ptr_null(redis_find("crashes"));
}
END_TEST

START_TEST(one_question_is_asked_for_a_turn_of_the_loop)
{
    struct redis_command *command;

    check(0, 2);
    command = asked("taken");
    ck_assert_uint_eq(strlen(redis_arg(command, 1)), 16); /* its token */
    ck_assert_str_eq(redis_arg(command, STREAM), "outbox");
    ck_assert_str_eq(redis_arg(command, ENTRY), "0-0");
    ck_assert_str_eq(redis_arg(command, ENTRY + 2), "1-0");
    ck_assert_ptr_null(redis_arg(command, ENTRY + 3));
}
END_TEST

START_TEST(each_shard_is_asked_for_its_own)
{
    jobs[1].check.shard = 1;
    check(0, 3);
    WAIT_FOR(base, redis_count("crashes") == 2);
    ck_assert_uint_eq(redis_shard(redis_find("crashes")), 0);
    ck_assert_str_eq(redis_arg(redis_find("crashes"), ENTRY + 2), "2-0");
    reply_counts(redis_find("crashes"), 2, 1);
    ck_assert_uint_eq(redis_shard(redis_find("crashes")), 1);
    ck_assert_str_eq(redis_arg(redis_find("crashes"), ENTRY), "1-0");
    reply_counts(redis_find("crashes"), 1, 1);
    WAIT_FOR(base, went == 3);
}
END_TEST

START_TEST(a_question_is_for_256_entries_at_most)
{
    check(0, 257);
    WAIT_FOR(base, redis_count("crashes") == 2);
    reply_counts(redis_find("crashes"), 256, 1);
    ck_assert_str_eq(redis_arg(redis_find("crashes"), ENTRY), "256-0");
    reply_counts(redis_find("crashes"), 1, 1);
    WAIT_FOR(base, went == 257);
}
END_TEST

START_TEST(what_is_taken_over_again_goes_on_alone_then_in_growing_windows)
{
    unsigned ended = 0;

    take_over(200, 2);
    go_alone(0);
    ck_assert_uint_eq(went, 1);
    for (unsigned window = 2; window <= 64; window *= 2) {
        over(ended++);
        ck_assert_uint_eq(went - ended, window);
    }
    over(ended++); /* the window grows no more */
    ck_assert_uint_eq(went - ended, 64);
    ck_assert_uint_eq(jobs[went - 1].went, 1); /* in their order */
    redis_turn_some();
    ck_assert_ptr_null(redis_find("crashes"));
}
END_TEST

START_TEST(what_is_over_is_so_once)
{
    take_over(5, 2);
    go_alone(0);
    over(0);
    over(0);
    ck_assert_uint_eq(went, 3);
}
END_TEST

static const struct {
    unsigned before, counted, count, certain;
    bool over_limit;
} counts[] = {
    {0, 1, 1, 0, false}, {0, 2, 2, 0, false}, {0, 3, 3, 1, false},
    {0, 4, 4, 2, true},  {0, 5, 5, 3, true},  {3, 1, 4, 3, true},
    {2, 1, 3, 2, false}, {4, 0, 4, 4, false}, /* it was not taken over */
};

START_TEST(the_first_two_crashes_are_charged_to_nobody)
{
    const struct deliver_crash_check one = {.before = counts[_i].before,
                                            .counted = counts[_i].counted};

    ck_assert_uint_eq(deliver_crashes_count(&one), counts[_i].count);
    ck_assert_uint_eq(deliver_crashes_certain(&one), counts[_i].certain);
    ck_assert(deliver_crashes_over_limit(crashes, &one) ==
              counts[_i].over_limit);
}
END_TEST

START_TEST(what_is_over_the_limit_does_not_wait)
{
    take_over(2, LIMIT);
    WAIT_FOR(base, went == 2);
    ck_assert(deliver_crashes_over_limit(crashes, &jobs[1].check));
    ck_assert_ptr_null(redis_find("crashes"));
}
END_TEST

START_TEST(what_was_settled_elsewhere_meanwhile_is_told)
{
    check(0, 2);
    redis_reply(asked("taken"), "*2\r\n:0\r\n:1\r\n");
    WAIT_FOR(base, went == 1);
    ck_assert_uint_eq(jobs[0].settled_elsewhere, 1);
    ck_assert_uint_eq(jobs[1].went, 1);
}
END_TEST

START_TEST(what_was_settled_elsewhere_right_before_it_goes_is_told)
{
    take_over(2, 2);
    reply_counts(asked("alone"), 1, 0);
    WAIT_FOR(base, settled_elsewhere == 1);
    over(0);
    ck_assert_uint_eq(jobs[1].went, 1);
}
END_TEST

START_TEST(a_reply_that_lacks_some_means_that_they_are_settled)
{
    check(0, 2);
    redis_reply(asked("taken"), "*1\r\n:1\r\n");
    WAIT_FOR(base, settled_elsewhere == 1);
    ck_assert_uint_eq(jobs[0].went, 1);
    ck_assert_uint_eq(jobs[1].settled_elsewhere, 1);
}
END_TEST

START_TEST(a_question_that_a_lost_link_left_is_repeated_as_it_was)
{
    struct redis_command *command;
    char token[32];

    check(0, 1);
    command = asked("taken");
    snprintf(token, sizeof(token), "%s", redis_arg(command, 1));
    redis_drop();
    command = asked("taken");
    ck_assert_str_eq(redis_arg(command, 1), token); /* lest it counts twice */
    reply_counts(command, 1, 2);
    asked("alone");
    redis_drop();
    go_alone(0);
}
END_TEST

START_TEST(what_waits_at_the_end_is_not_told)
{
    take_over(3, 2);
    go_alone(0);
    check(10, 1);
    asked("taken");
    check(20, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("crashes");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_taken_over_once_goes_on_at_once);
    tcase_add_test(cases, one_question_is_asked_for_a_turn_of_the_loop);
    tcase_add_test(cases, each_shard_is_asked_for_its_own);
    tcase_add_test(cases, a_question_is_for_256_entries_at_most);
    tcase_add_test(
        cases, what_is_taken_over_again_goes_on_alone_then_in_growing_windows);
    tcase_add_test(cases, what_is_over_is_so_once);
    tcase_add_loop_test(cases, the_first_two_crashes_are_charged_to_nobody, 0,
                        COUNT(counts));
    tcase_add_test(cases, what_is_over_the_limit_does_not_wait);
    tcase_add_test(cases, what_was_settled_elsewhere_meanwhile_is_told);
    tcase_add_test(cases,
                   what_was_settled_elsewhere_right_before_it_goes_is_told);
    tcase_add_test(cases, a_reply_that_lacks_some_means_that_they_are_settled);
    tcase_add_test(cases,
                   a_question_that_a_lost_link_left_is_repeated_as_it_was);
    tcase_add_test(cases, what_waits_at_the_end_is_not_told);
    return suite_run("crashes", cases);
}
