/* test_store_repeats.c - what a lost link left without a reply is sent again,
 * and so is what Redis refused: common/store/store.h.
 *
 * Standard error is turned to a file where lines of the log are counted. */
#include "common/base/log.h"
#include "tests/unit/redis_fixture.h"

#define PAUSE_MS 500 /* before what was refused is sent again */

static unsigned calls[4];
static unsigned order;
static enum wsub_err last;
static char last_error[64];

static void parse(enum wsub_err err, const struct redisReply *reply,
                  wsub_store_cb *cb, void *arg)
{
    (void)cb;
    *(unsigned *)arg = ++order;
    last = err;
    snprintf(last_error, sizeof(last_error), "%s",
             err == WSUB_ERR_REFUSED ? reply->str : "");
}

static void set_up(void)
{
    order = 0;
    memset(calls, 0, sizeof(calls));
    redis_set_up_store();
}

static void tear_down(void)
{
    redis_tear_down();
}

static struct wsub_cmd command(unsigned number)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "GET");
    wsub_store_key(&cmd, store, 0, "key", NULL);
    wsub_cmd_u64(&cmd, number);
    return cmd;
}

static void call(unsigned number)
{
    struct wsub_cmd cmd = command(number);

    wsub_store_call(store, 0, &cmd, parse, NULL, &calls[number]);
}

/* The next command, with that number. */
static struct redis_command *sent(const char *number)
{
    struct redis_command *next = redis_wait("GET");

    ck_assert_str_eq(redis_arg(next, 1), number);
    return next;
}

/* The next commands that are not replied to yet are these two. */
static void check_order(const char *first, const char *second)
{
    WAIT_FOR(base, redis_count("GET") == 2);
    redis_reply(sent(first), ":1\r\n");
    redis_reply(sent(second), ":1\r\n");
}

START_TEST(what_a_lost_link_left_is_sent_again_in_order)
{
    call(0);
    call(1);
    WAIT_FOR(base, redis_count("GET") == 2);
    redis_drop();
    WAIT_FOR(base, !wsub_store_up(store));
    call(2); /* after those */
    WAIT_FOR(base, redis_count("GET") == 3);
    redis_reply(sent("0"), ":1\r\n");
    check_order("1", "2");
    WAIT_FOR(base, calls[2] == 3);
    ck_assert_uint_eq(calls[0], 1);
    ck_assert_int_eq(last, WSUB_OK);
}
END_TEST

START_TEST(what_redis_refuses_is_sent_again_after_a_pause_in_order)
{
    uint64_t begin_ms;

    call(0);
    call(1);
    WAIT_FOR(base, redis_count("GET") == 2);
    begin_ms = wsub_now_ms();
    redis_reply(sent("0"), "-OOM no memory\r\n");
    redis_reply(sent("1"), "-OOM no memory\r\n");
    check_order("0", "1");
    ck_assert_uint_ge(wsub_now_ms() - begin_ms, PAUSE_MS - 1);
    WAIT_FOR(base, calls[1] == 2);
    ck_assert_uint_eq(calls[0], 1);
    ck_assert_int_eq(last, WSUB_OK);
}
END_TEST

START_TEST(what_is_refused_when_the_link_is_lost_goes_with_the_others)
{
    call(0);
    call(1);
    WAIT_FOR(base, redis_count("GET") == 2);
    redis_reply(sent("0"), "-OOM no memory\r\n");
    redis_turn_some();
    redis_drop();
    check_order("0", "1");
    WAIT_FOR(base, calls[0] != 0 && calls[1] != 0);
    redis_turn_ms(PAUSE_MS + 50);
    ck_assert_uint_eq(redis_count("GET"), 0); /* once only */
}
END_TEST

#define WRONG "-WRONGTYPE Operation against a key\r\n"

/* A plain command that goes through a script. */
static struct redis_command *mended(const char *number)
{
    struct redis_command *next = redis_wait("command");

    ck_assert_str_eq(redis_arg(next, 0), "GET");
    ck_assert_str_eq(redis_arg(next, 2), number);
    return next;
}

START_TEST(what_is_refused_for_good_is_sent_at_once_behind_what_mends)
{
    uint64_t begin_ms;

    do { /* again when this process stood still */
        begin_ms = wsub_now_ms();
        calls[0] = 0;
        call(0);
        redis_reply(sent("0"), WRONG);
        redis_reply(mended("0"), "$1\r\nx\r\n");
        WAIT_FOR(base, calls[0] != 0);
        ck_assert_int_eq(last, WSUB_OK);
    } while (wsub_now_ms() - begin_ms >= PAUSE_MS);
}
END_TEST

START_TEST(what_can_t_be_mended_waits_longer_each_time)
{
    uint64_t begin_ms;

    call(0);
    redis_reply(sent("0"), WRONG);
    for (unsigned pauses = 1; pauses <= 2; pauses++) {
        redis_reply(mended("0"), WRONG);
        begin_ms = wsub_now_ms();
        mended("0");
        ck_assert_uint_ge(wsub_now_ms() - begin_ms, pauses * PAUSE_MS - 1);
    }
    redis_reply(mended("0"), ":1\r\n");
    WAIT_FOR(base, calls[0] != 0);
    ck_assert_int_eq(last, WSUB_OK);
}
END_TEST

START_TEST(what_gives_up_is_told_of_the_refusal)
{
    struct wsub_cmd cmd = command(2);

    wsub_store_attempt(store, 0, &cmd, parse, NULL, &calls[2]);
    redis_reply(sent("2"), WRONG);
    redis_reply(mended("2"), WRONG);
    redis_reply(mended("2"), WRONG);
    WAIT_FOR(base, calls[2] == 1);
    ck_assert_int_eq(last, WSUB_ERR_REFUSED);
    ck_assert_str_eq(last_error, "WRONGTYPE Operation against a key");
}
END_TEST

START_TEST(what_gives_up_does_not_while_a_refusal_may_pass)
{
    struct wsub_cmd cmd = command(2);

    wsub_store_attempt(store, 0, &cmd, parse, NULL, &calls[2]);
    for (int i = 0; i < 4; i++)
        redis_reply(sent("2"), "-OOM no memory\r\n");
    redis_reply(sent("2"), ":1\r\n");
    WAIT_FOR(base, calls[2] == 1);
    ck_assert_int_eq(last, WSUB_OK);
}
END_TEST

START_TEST(what_is_tried_once_is_mended_too)
{
    struct wsub_cmd cmd = command(3);

    wsub_store_once(store, 0, &cmd, parse, NULL, &calls[3]);
    redis_reply(sent("3"), WRONG);
    redis_reply(mended("3"), WRONG);
    WAIT_FOR(base, calls[3] == 1);
    ck_assert_int_eq(last, WSUB_ERR_REFUSED);
}
END_TEST

START_TEST(what_is_tried_once_is_told_of_a_refusal)
{
    struct wsub_cmd cmd = command(3);

    ck_assert_int_eq(wsub_store_try(store, 0, &cmd, parse, NULL, &calls[3]),
                     WSUB_OK);
    redis_reply(sent("3"), "-OOM no memory\r\n");
    WAIT_FOR(base, calls[3] == 1);
    ck_assert_int_eq(last, WSUB_ERR_REFUSED);
    ck_assert_str_eq(last_error, "OOM no memory");
}
END_TEST

START_TEST(what_is_tried_once_is_told_of_a_lost_link)
{
    struct wsub_cmd cmd = command(3);

    wsub_store_once(store, 0, &cmd, parse, NULL, &calls[3]);
    sent("3");
    redis_drop();
    WAIT_FOR(base, calls[3] == 1);
    ck_assert_int_eq(last, WSUB_ERR_UNAVAILABLE);
}
END_TEST

START_TEST(a_closed_store_calls_nobody)
{
    call(0);
    sent("0");
    call(1);
    redis_reply(sent("0"), "-OOM no memory\r\n");
    redis_turn_some();
    wsub_store_close(store);
    redis_turn_ms(20);
    ck_assert_uint_eq(order, 0);
}
END_TEST

/* How often `text` is in what was written to the file. */
static unsigned count_lines(FILE *file, const char *text)
{
    static char all[65536];
    unsigned count = 0;

    rewind(file);
    all[fread(all, 1, sizeof(all) - 1, file)] = '\0';
    for (const char *at = all; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* Redis refuses so many at once. */
static void refuse(unsigned count)
{
    unsigned before = order;

    for (unsigned i = 0; i < count; i++) {
        struct wsub_cmd cmd = command(3);

        wsub_store_once(store, 0, &cmd, parse, NULL, &calls[3]);
    }
    WAIT_FOR(base, redis_count("GET") == count);
    for (unsigned i = 0; i < count; i++)
        redis_reply(sent("3"), "-OOM no memory\r\n");
    WAIT_FOR(base, order == before + count);
}

START_TEST(refusals_of_one_kind_are_logged_a_few_times_and_counted)
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    refuse(30);
    wsub_log_finish();
    dup2(kept, STDERR_FILENO);
    close(kept);
    ck_assert_uint_eq(count_lines(file, "redis-refused"), 6);
    ck_assert_uint_eq(count_lines(file, "redis-refused command=GET shard=0 "
                                        "error=\"OOM no memory\" count=25\n"),
                      1);
    fclose(file);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("store_repeats");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_a_lost_link_left_is_sent_again_in_order);
    tcase_add_test(cases,
                   what_redis_refuses_is_sent_again_after_a_pause_in_order);
    tcase_add_test(cases,
                   what_is_refused_when_the_link_is_lost_goes_with_the_others);
    tcase_add_test(cases,
                   what_is_refused_for_good_is_sent_at_once_behind_what_mends);
    tcase_add_test(cases, what_can_t_be_mended_waits_longer_each_time);
    tcase_add_test(cases, what_gives_up_is_told_of_the_refusal);
    tcase_add_test(cases, what_gives_up_does_not_while_a_refusal_may_pass);
    tcase_add_test(cases, what_is_tried_once_is_mended_too);
    tcase_add_test(cases, what_is_tried_once_is_told_of_a_refusal);
    tcase_add_test(cases, what_is_tried_once_is_told_of_a_lost_link);
    tcase_add_test(cases, a_closed_store_calls_nobody);
    tcase_add_test(cases,
                   refusals_of_one_kind_are_logged_a_few_times_and_counted);
    return suite_run("store_repeats", cases);
}
