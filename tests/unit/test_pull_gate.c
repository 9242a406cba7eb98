#include "tests/unit/suite.h"

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "common/base/container_of.h"
#include "hub/pull/gate.h"

#define MANY 1000

struct visitor {
    struct hub_pull_pass pass;
    bool leaves_at_once;
    size_t order; /* from 1 on, in which it passed; 0: not yet */
};

static struct event_base *base;
static struct hub_pull_gate *gate;
static struct visitor visitors[MANY];
static size_t passed;

static void on_passed(struct hub_pull_pass *pass)
{
    struct visitor *visitor = wsub_container_of(pass, struct visitor, pass);

    ck_assert_uint_eq(visitor->order, 0);
    visitor->order = ++passed;
    if (visitor->leaves_at_once)
        hub_pull_gate_leave(gate, pass);
}

static void set_up(void)
{
    base = event_base_new();
    gate = hub_pull_gate_new(base);
    passed = 0;
    for (size_t i = 0; i < MANY; i++)
        visitors[i] = (struct visitor){.pass.on_passed = on_passed};
}

static void tear_down(void)
{
    for (size_t i = 0; i < MANY; i++)
        hub_pull_gate_leave(gate, &visitors[i].pass);
    hub_pull_gate_free(gate);
    event_base_free(base);
}

static void enter_all(void)
{
    for (size_t i = 0; i < MANY; i++)
        hub_pull_gate_enter(gate, &visitors[i].pass);
}

static void run_round(void)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

START_TEST(few_pass_at_once_and_the_others_wait)
{
    enter_all();
    ck_assert_uint_ge(passed, 1);
    ck_assert_uint_le(passed, MANY / 10);
    run_round();
    ck_assert_uint_le(passed, MANY / 10);
}
END_TEST

START_TEST(who_leaves_lets_the_one_who_waits_longest_pass)
{
    size_t first;

    enter_all();
    first = passed;
    hub_pull_gate_leave(gate, &visitors[0].pass);
    ck_assert_uint_eq(passed, first);
    run_round();
    ck_assert_uint_eq(passed, first + 1);
    ck_assert_uint_eq(visitors[first].order, first + 1);
}
END_TEST

START_TEST(who_waits_no_more_is_passed_over)
{
    size_t first;

    enter_all();
    first = passed;
    hub_pull_gate_leave(gate, &visitors[first].pass);
    hub_pull_gate_leave(gate, &visitors[0].pass);
    run_round();
    ck_assert_uint_eq(visitors[first].order, 0);
    ck_assert_uint_eq(visitors[first + 1].order, first + 1);
}
END_TEST

START_TEST(who_enters_twice_passes_once)
{
    size_t first;

    enter_all();
    first = passed;
    hub_pull_gate_enter(gate, &visitors[first].pass);
    hub_pull_gate_leave(gate, &visitors[0].pass);
    hub_pull_gate_leave(gate, &visitors[1].pass);
    run_round();
    ck_assert_uint_eq(visitors[first].order, first + 1);
    ck_assert_uint_eq(visitors[first + 1].order, first + 2);
}
END_TEST

START_TEST(nobody_overtakes_those_who_wait)
{
    struct visitor *last = &visitors[MANY - 1];

    for (size_t i = 0; i < MANY - 1; i++)
        hub_pull_gate_enter(gate, &visitors[i].pass);
    hub_pull_gate_leave(gate, &visitors[0].pass);
    hub_pull_gate_enter(gate, &last->pass);
    ck_assert_uint_eq(last->order, 0);
}
END_TEST

START_TEST(those_who_leave_at_once_are_let_pass_in_several_rounds)
{
    size_t before, rounds = 0;

    enter_all();
    for (size_t i = passed; i < MANY; i++)
        visitors[i].leaves_at_once = true;
    hub_pull_gate_leave(gate, &visitors[0].pass);
    while (passed < MANY && rounds++ < MANY) {
        before = passed;
        run_round();
        ck_assert_uint_gt(passed, before);
        ck_assert_uint_le(passed, before + MANY / 10);
    }
    for (size_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(visitors[i].order, i + 1);
}
END_TEST

START_TEST(who_never_entered_may_leave)
{
    hub_pull_gate_leave(gate, &visitors[0].pass);
    enter_all();
    ck_assert_uint_ge(passed, 1);
    hub_pull_gate_free(NULL);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("gate");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, few_pass_at_once_and_the_others_wait);
    tcase_add_test(cases, who_leaves_lets_the_one_who_waits_longest_pass);
    tcase_add_test(cases, who_waits_no_more_is_passed_over);
    tcase_add_test(cases, who_enters_twice_passes_once);
    tcase_add_test(cases, nobody_overtakes_those_who_wait);
    tcase_add_test(cases,
                   those_who_leave_at_once_are_let_pass_in_several_rounds);
    tcase_add_test(cases, who_never_entered_may_leave);
    return suite_run("pull gate", cases);
}
