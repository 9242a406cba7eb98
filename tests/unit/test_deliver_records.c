/* test_deliver_records.c - subscription records are read in batches, and come
 * in order: deliver/records.h. */
#include "deliver/records.h"

#include "common/base/container_of.h"
#include "tests/unit/redis_fixture.h"

#define WAITS 600
#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define TD2 "UUUUUUUUUUUUUUUUUUUUUU"

struct wait {
    struct deliver_record_wait wait;
    char cd[32];
    char record[32]; /* "none" when there is no such subscription */
    unsigned order;
};

static struct deliver_records *records;
static struct wait waits[WAITS];
static unsigned came;

static void on_record(struct deliver_record_wait *wait, const char *record,
                      size_t len)
{
    struct wait *w = wsub_container_of(wait, struct wait, wait);

    w->order = ++came;
    snprintf(w->record, sizeof(w->record), "%.*s",
             record != NULL ? (int)len : 4, record != NULL ? record : "none");
}

static void set_up(void)
{
    came = 0;
    redis_set_up_shards(3);
    records = deliver_records_new(base, store);
    for (unsigned i = 0; i < WAITS; i++) {
        waits[i] = (struct wait){.wait.on_record = on_record};
        snprintf(waits[i].cd, sizeof(waits[i].cd), "CD%u", i);
        waits[i].wait.td = TD;
        waits[i].wait.cd = waits[i].cd;
    }
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_records_free(records);
    redis_tear_down();
}

static void get(unsigned shard, unsigned wait)
{
    deliver_records_get(records, shard, &waits[wait].wait);
}

static struct redis_command *asked(unsigned shard, const char *key)
{
    struct redis_command *command = redis_wait("HMGET");

    ck_assert_uint_eq(redis_shard(command), shard);
    ck_assert_str_eq(redis_arg(command, 0), key);
    return command;
}

START_TEST(records_of_a_topic_are_one_question)
{
    struct redis_command *command;

    for (unsigned i = 0; i < 3; i++)
        get(0, i);
    ck_assert_uint_eq(came, 0);
    command = asked(0, "w:{0}:sub:" TD);
    redis_check_args(
        command, (const char *[]){"w:{0}:sub:" TD, "CD0", "CD1", "CD2", NULL});
    redis_reply(command, "*3\r\n$1\r\na\r\n$-1\r\n$1\r\nc\r\n");
    WAIT_FOR(base, came == 3);
    ck_assert_str_eq(waits[0].record, "a");
    ck_assert_str_eq(waits[1].record, "none");
    ck_assert_str_eq(waits[2].record, "c");
    ck_assert_uint_eq(waits[2].order, 3);
}
END_TEST

START_TEST(topics_and_shards_have_questions_of_their_own)
{
    waits[1].wait.td = waits[3].wait.td = TD2;
    get(0, 0);
    get(0, 1);
    get(0, 2); /* with the first */
    get(2, 3);
    get(0, 4);
    WAIT_FOR(base, redis_count("HMGET") == 3);
    ck_assert_str_eq(redis_arg(asked(0, "w:{0}:sub:" TD), 2), "CD2");
    redis_reply(redis_find("HMGET"),
                redis_array((const char *[]){"a", "b", "c", NULL}));
    redis_reply(asked(0, "w:{0}:sub:" TD2),
                redis_array((const char *[]){"d", NULL}));
    redis_reply(asked(2, "w:{2}:sub:" TD2),
                redis_array((const char *[]){"e", NULL}));
    WAIT_FOR(base, came == 5);
    ck_assert_str_eq(waits[2].record, "b");
    ck_assert_str_eq(waits[4].record, "c");
    ck_assert_str_eq(waits[3].record, "e");
}
END_TEST

static void reply_many(unsigned count)
{
    struct wsub_buf text = {0};
    struct redis_command *command = redis_wait("HMGET");

    wsub_buf_printf(&text, "*%u\r\n", count);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(redis_arg(command, i + 1));
        wsub_buf_printf(&text, "$1\r\n%u\r\n", i % 10);
    }
    ck_assert_ptr_null(redis_arg(command, count + 1));
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

START_TEST(a_question_is_for_256_records_at_most)
{
    for (unsigned i = 0; i < WAITS; i++)
        get(1, i);
    WAIT_FOR(base, redis_count("HMGET") == 3);
    reply_many(256);
    reply_many(256);
    reply_many(WAITS - 512);
    WAIT_FOR(base, came == WAITS);
    for (unsigned i = 0; i < WAITS; i++)
        ck_assert_uint_eq(waits[i].order, i + 1);
}
END_TEST

START_TEST(what_is_wanted_later_goes_with_what_is_wanted_at_once)
{
    deliver_records_get_later(records, 0, &waits[0].wait);
    get(0, 1);
    reply_many(2);
    WAIT_FOR(base, came == 2);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("HMGET"));
}
END_TEST

START_TEST(what_is_wanted_later_comes_by_itself)
{
    deliver_records_get_later(records, 0, &waits[0].wait);
    reply_many(1);
    WAIT_FOR(base, came == 1);
}
END_TEST

static void on_record_gets(struct deliver_record_wait *wait, const char *record,
                           size_t len)
{
    on_record(wait, record, len);
    get(0, 1);
}

START_TEST(who_has_a_record_may_ask_for_another)
{
    waits[0].wait.on_record = on_record_gets;
    get(0, 0);
    reply_many(1);
    reply_many(1);
    WAIT_FOR(base, came == 2);
}
END_TEST

START_TEST(a_question_that_a_lost_link_left_is_repeated)
{
    get(0, 0);
    redis_wait("HMGET");
    redis_drop();
    reply_many(1);
    WAIT_FOR(base, came == 1);
}
END_TEST

START_TEST(what_waits_at_the_end_is_not_told)
{
    get(0, 0);
    redis_wait("HMGET");
    get(1, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("deliver_records");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, records_of_a_topic_are_one_question);
    tcase_add_test(cases, topics_and_shards_have_questions_of_their_own);
    tcase_add_test(cases, a_question_is_for_256_records_at_most);
    tcase_add_test(cases,
                   what_is_wanted_later_goes_with_what_is_wanted_at_once);
    tcase_add_test(cases, what_is_wanted_later_comes_by_itself);
    tcase_add_test(cases, who_has_a_record_may_ask_for_another);
    tcase_add_test(cases, a_question_that_a_lost_link_left_is_repeated);
    tcase_add_test(cases, what_waits_at_the_end_is_not_told);
    return suite_run("deliver_records", cases);
}
