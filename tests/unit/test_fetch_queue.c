/* test_fetch_queue.c - which topics are taken when, by spreader/fetch_queue.h. */
#include "spreader/fetch_queue.h"

#include "common/store/fetches.h"
#include "tests/unit/shard_fixture.h"

#define MOST 3
#define VALIDATIONS 2
#define SHARDS 2 /* of which one is open but where both are needed */
#define NONE "*1\r\n:-1\r\n"
#define SOON "*1\r\n:60\r\n"
#define ONE "*3\r\n:-1\r\n$3\r\np T\r\n:2\r\n"
#define FULL                                                                   \
    "*7\r\n:0\r\n$3\r\np A\r\n:0\r\n$3\r\np B\r\n:0\r\n$3\r\np C\r\n:0\r\n"
#define TD "0123456789abcdefghijkl"
#define CD "ABCDEFGHIJKLMNOPQRSTUV"
#define VALIDATION "w " TD ":" CD ":s 12 T"

static struct spread_fetch_queue *queue;
static unsigned wanted; /* calls */
static struct wsub_wanted last;
static char last_topic[16];

static void on_wanted(struct spread_shard *of, const struct wsub_wanted *w,
                      void *arg)
{
    (void)arg;
    ck_assert_uint_lt(of->owned.shard, SHARDS);
    wanted++;
    last = *w;
    snprintf(last_topic, sizeof(last_topic), "%s", w->topic);
}

static void on_closing(unsigned number)
{
    spread_fetch_queue_close(queue, number);
}

static void set_up(void)
{
    wanted = 0;
    redis_set_up_shards(SHARDS);
    redis_held = "take";
    shard_set_up(on_closing);
    queue = spread_fetch_queue_new(&(struct spread_fetch_queue_options){
        .base = base,
        .store = store,
        .shards = SHARDS,
        .most = {MOST, VALIDATIONS},
        .on_wanted = on_wanted,
    });
    spread_fetch_queue_open(queue, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_fetch_queue_free(queue);
    shard_tear_down();
    redis_tear_down();
}

static void reply(const char *text)
{
    redis_reply(redis_wait("take"), text);
    WAIT_FOR(base, shard->under_way == 0);
}

START_TEST(questions_are_numbered_and_say_how_many_may_be_taken)
{
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "1", "3", "2", NULL});
    reply(SOON);
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "2", "3", "2", NULL});
}
END_TEST

START_TEST(an_announced_topic_is_handed_out_with_its_failures)
{
    reply(ONE);
    ck_assert_uint_eq(wanted, 1);
    ck_assert_str_eq(last_topic, "T");
    ck_assert_uint_eq(last.failures, 2);
    ck_assert_int_eq(last.kind, WSUB_WANTED_ANNOUNCED);
    ck_assert(spread_fetch_queue_holds_work(queue));
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_ANNOUNCED, 1);
    ck_assert(!spread_fetch_queue_holds_work(queue));
}
END_TEST

START_TEST(a_topic_to_validate_names_its_request)
{
    char text[128];

    snprintf(text, sizeof(text),
             "*3\r\n:-1\r\n$%zu\r\n" VALIDATION "\r\n:1\r\n",
             strlen(VALIDATION));
    reply(text);
    ck_assert_str_eq(last_topic, "T");
    ck_assert_int_eq(last.kind, WSUB_WANTED_VALIDATION);
    ck_assert_str_eq(last.td, TD);
    ck_assert_str_eq(last.cd, CD);
    ck_assert_uint_eq(last.generation, 12);
}
END_TEST

static const char *const malformed[] = {"*3\r\n:-1\r\n$3\r\nx T\r\n:0\r\n",
                                        "*3\r\n:-1\r\n$5\r\nw T 1\r\n:0\r\n",
                                        "*3\r\n:-1\r\n$0\r\n\r\n:0\r\n"};

START_TEST(what_is_malformed_is_left_out)
{
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    reply(malformed[_i]);
    ck_assert_uint_eq(wanted, 0);
    ck_assert(!spread_fetch_queue_holds_work(queue));
}
END_TEST

START_TEST(no_more_topics_are_held_than_may_be)
{
    redis_reply(redis_wait("take"), FULL);
    WAIT_FOR(base, wanted == MOST);
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "2", "0", "2", NULL});
    reply(NONE);
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_ANNOUNCED, 1);
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "3", "1", "2", NULL});
}
END_TEST

/* A question that comes long before the longest sleep, of 5 s, is over. */
static struct redis_command *asked_soon(void)
{
    uint64_t end_ms = wsub_now_ms() + 2500;

    while (redis_find("take") == NULL && wsub_now_ms() < end_ms)
        redis_turn_ms(1);
    ck_assert_ptr_nonnull(redis_find("take"));
    return redis_find("take");
}

/* Takes as many validations as may be; the next question is found. */
static void fill_validations(void)
{
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "*5\r\n:0\r\n");
    for (int i = 0; i < VALIDATIONS; i++)
        wsub_buf_printf(&text, "$%zu\r\n" VALIDATION "\r\n:0\r\n",
                        strlen(VALIDATION));
    redis_reply(redis_wait("take"), wsub_buf_cstr(&text));
    wsub_buf_done(&text);
    WAIT_FOR(base, wanted == VALIDATIONS);
}

START_TEST(neither_kind_takes_the_place_of_the_other)
{
    fill_validations();
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "2", "3", "0", NULL});
    reply(FULL);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("take"));
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_VALIDATION, 2);
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "3", "0", "2", NULL});
}
END_TEST

START_TEST(the_end_of_a_fetch_means_a_look_as_it_may_be_wanted_again)
{
    reply(ONE);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("take"));
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_ANNOUNCED, 1);
    redis_wait("take");
}
END_TEST

START_TEST(the_end_of_a_fetch_means_a_look_also_while_the_other_kind_waits)
{
    fill_validations();
    reply(ONE);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("take"));
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_VALIDATION, 0);
    redis_turn_ms(20);
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_ANNOUNCED, 1);
    redis_check_args(asked_soon(),
                     (const char *[]){EPOCH, "3", "3", "0", NULL});
}
END_TEST

START_TEST(capacity_that_comes_during_a_call_is_used_after_it)
{
    fill_validations();
    redis_wait("take");
    spread_fetch_queue_linger(queue, WSUB_WANTED_VALIDATION, 1);
    redis_turn_ms(20);
    redis_reply(redis_find("take"), NONE);
    redis_check_args(asked_soon(),
                     (const char *[]){EPOCH, "3", "3", "1", NULL});
}
END_TEST

/* One that found all capacity asked for by another does not sleep for long. */
START_TEST(capacity_that_a_call_has_not_used_goes_to_a_shard_that_waits)
{
    struct redis_command *first = redis_wait("take");

    spread_fetch_queue_open(
        queue, spread_shards_open(shards, &(struct wsub_owned){1, 5}));
    redis_turn_ms(20);
    redis_reply(first, NONE);
    redis_check_args(asked_soon(),
                     (const char *[]){EPOCH, "1", "3", "2", NULL});
}
END_TEST

START_TEST(a_wake_ends_the_sleep_also_when_it_comes_during_a_call)
{
    reply(NONE);
    spread_fetch_queue_wake(queue, 0);
    redis_wait("take");
    spread_fetch_queue_wake(queue, 0);
    redis_reply(redis_find("take"), NONE);
    reply(NONE);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("take"));
}
END_TEST

/* Its topics are dropped by the parts that are closed after the queue. */
START_TEST(a_closed_shard_is_not_asked_when_its_topics_are_dropped)
{
    reply(ONE);
    spread_fetch_queue_close(queue, 0);
    spread_fetch_queue_over(queue, 0, WSUB_WANTED_ANNOUNCED, 1);
    ck_assert(!spread_fetch_queue_holds_work(queue));
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("take"));
    ck_assert_uint_eq(shard->under_way, 0);
}
END_TEST

START_TEST(a_lost_link_repeats_the_question)
{
    redis_wait("take");
    redis_drop();
    redis_check_args(redis_wait("take"),
                     (const char *[]){EPOCH, "1", "3", "2", NULL});
}
END_TEST

START_TEST(a_question_that_is_fenced_is_the_last_one)
{
    redis_reply(redis_wait("take"), FENCED);
    WAIT_FOR(base, ended == 1);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("take"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("fetch_queue");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, questions_are_numbered_and_say_how_many_may_be_taken);
    tcase_add_test(cases, an_announced_topic_is_handed_out_with_its_failures);
    tcase_add_test(cases, a_topic_to_validate_names_its_request);
    tcase_add_loop_test(cases, what_is_malformed_is_left_out, 0,
                        COUNT(malformed));
    tcase_add_test(cases, no_more_topics_are_held_than_may_be);
    tcase_add_test(cases, neither_kind_takes_the_place_of_the_other);
    tcase_add_test(cases,
                   the_end_of_a_fetch_means_a_look_as_it_may_be_wanted_again);
    tcase_add_test(
        cases, the_end_of_a_fetch_means_a_look_also_while_the_other_kind_waits);
    tcase_add_test(cases, capacity_that_comes_during_a_call_is_used_after_it);
    tcase_add_test(
        cases, capacity_that_a_call_has_not_used_goes_to_a_shard_that_waits);
    tcase_add_test(cases,
                   a_wake_ends_the_sleep_also_when_it_comes_during_a_call);
    tcase_add_test(cases,
                   a_closed_shard_is_not_asked_when_its_topics_are_dropped);
    tcase_add_test(cases, a_lost_link_repeats_the_question);
    tcase_add_test(cases, a_question_that_is_fenced_is_the_last_one);
    return suite_run("fetch_queue", cases);
}
