/* test_gather.c - what shares a call, by spreader/gather.h. */
#include "spreader/gather.h"

#include "common/base/container_of.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "tests/unit/suite.h"
#include "tests/unit/wait.h"

#define MOST 3
#define BYTES_MAX 100
#define FOREVER_US (DEADLINE_MS * 2000)

static struct wsub_loop *loop;
static struct event_base *base;
static struct spread_gather *gather;
static struct spread_gathered all[8];
static size_t calls, last;                 /* how many were in the last one */
static const struct spread_gathered *head; /* the first of it */
static bool replies_at_once;

static void on_send(unsigned shard, struct spread_gathered_list *list,
                    void *arg)
{
    const struct spread_gathered *one;

    (void)arg;
    calls++;
    last = 0;
    head = TAILQ_FIRST(list);
    TAILQ_FOREACH(one, list, next)
    last++;
    if (replies_at_once)
        spread_gather_over(gather, shard);
}

static void set_up_waiting(uint64_t wait_us)
{
    calls = last = 0;
    replies_at_once = false;
    loop = wsub_loop_new(0);
    base = wsub_loop_base(loop);
    gather = spread_gather_new(&(struct spread_gather_options){
        .base = base,
        .shards = 2,
        .most = MOST,
        .bytes_max = BYTES_MAX,
        .wait_us = wait_us,
        .send = on_send,
    });
}

static void set_up(void)
{
    set_up_waiting(FOREVER_US);
}

static void tear_down(void)
{
    spread_gather_free(gather);
    wsub_loop_free(loop);
}

static void add(unsigned shard, size_t number, size_t bytes, size_t expected)
{
    spread_gather_add(gather, shard, &all[number], bytes, expected);
}

static void check_sent(size_t call, size_t count)
{
    WAIT_FOR(base, calls == call);
    ck_assert_uint_eq(last, count);
}

static void turn(void)
{
    for (int i = 0; i < 5; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

START_TEST(what_is_added_in_one_round_of_the_loop_goes_together)
{
    add(0, 0, 0, 0);
    add(0, 1, 0, 0);
    ck_assert_uint_eq(calls, 0);
    check_sent(1, 2);
    ck_assert_ptr_eq(head, &all[0]);
}
END_TEST

START_TEST(shards_have_calls_of_their_own)
{
    add(0, 0, 0, 0);
    add(1, 1, 0, 0);
    check_sent(2, 1);
}
END_TEST

START_TEST(while_a_call_is_on_its_way_others_wait_for_its_end)
{
    add(0, 0, 0, 0);
    check_sent(1, 1);
    add(0, 1, 0, 0);
    add(0, 2, 0, 0);
    turn();
    ck_assert_uint_eq(calls, 1);
    spread_gather_over(gather, 0);
    check_sent(2, 2);
    ck_assert_ptr_eq(head, &all[1]);
}
END_TEST

START_TEST(more_than_goes_together_is_divided)
{
    replies_at_once = true;
    for (size_t i = 0; i < MOST + 1; i++)
        add(0, i, 0, 0);
    check_sent(2, 1);
    ck_assert_ptr_eq(head, &all[MOST]);
}
END_TEST

START_TEST(what_is_too_large_is_divided_and_goes_all_the_same)
{
    replies_at_once = true;
    add(0, 0, BYTES_MAX + 1, 0);
    add(0, 1, 1, 0);
    check_sent(2, 1);
}
END_TEST

/* Added one after the other while so many others are expected; the last one is
 * what makes them go. */
static const struct {
    size_t expected[MOST], bytes, count;
} gathered[] = {
    {{0}, 0, 1},       /* nobody else comes */
    {{1}, 0, 1},       /* as many come as are there */
    {{3, 2}, 0, 2},    /* the same later */
    {{9, 9, 9}, 0, 3}, /* a call is full */
    {{9, 9}, 50, 2},   /* of bytes */
    {{9}, BYTES_MAX, 1},
};

START_TEST(what_is_ready_waits_while_more_are_expected)
{
    for (size_t i = 0; i < gathered[_i].count; i++) {
        turn();
        ck_assert_uint_eq(calls, 0);
        add(0, i, gathered[_i].bytes, gathered[_i].expected[i]);
    }
    check_sent(1, gathered[_i].count);
}
END_TEST

START_TEST(it_does_not_wait_for_ever)
{
    tear_down();
    set_up_waiting(1000);
    add(0, 0, 0, 9);
    add(1, 1, 0, 9);
    check_sent(2, 1);
}
END_TEST

START_TEST(nor_does_what_was_added_while_a_call_was_on_its_way)
{
    tear_down();
    set_up_waiting(1000);
    add(0, 0, 0, 0);
    check_sent(1, 1);
    add(0, 1, 0, 9);
    spread_gather_over(gather, 0);
    check_sent(2, 1);
}
END_TEST

START_TEST(flushed_it_is_sent_during_the_call)
{
    spread_gather_flush(gather, 0);
    ck_assert_uint_eq(calls, 0);
    add(0, 0, 0, 9);
    spread_gather_flush(gather, 0);
    ck_assert_uint_eq(calls, 1);
    add(0, 1, 0, 9);
    spread_gather_flush(gather, 0);
    ck_assert_uint_eq(calls, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("gather");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_added_in_one_round_of_the_loop_goes_together);
    tcase_add_test(cases, shards_have_calls_of_their_own);
    tcase_add_test(cases, while_a_call_is_on_its_way_others_wait_for_its_end);
    tcase_add_test(cases, more_than_goes_together_is_divided);
    tcase_add_test(cases, what_is_too_large_is_divided_and_goes_all_the_same);
    tcase_add_loop_test(cases, what_is_ready_waits_while_more_are_expected, 0,
                        sizeof(gathered) / sizeof(gathered[0]));
    tcase_add_test(cases, it_does_not_wait_for_ever);
    tcase_add_test(cases, nor_does_what_was_added_while_a_call_was_on_its_way);
    tcase_add_test(cases, flushed_it_is_sent_during_the_call);
    return suite_run("gather", cases);
}
