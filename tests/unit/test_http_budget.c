/* How the bodies of a server share its bytes. */
#include "common/http/budget.h"

#include <check.h>
#include <event2/event.h>

#include "tests/unit/suite.h"

#define MAX 100

static struct event_base *base;
static struct wsub_http_budget budget;
static struct wsub_http_load last;
static struct body {
    struct wsub_http_share share; /* first */
    unsigned order;               /* when it was granted; 0: not */
} a, b, c, d;
static unsigned granted;
static struct wsub_http_payer much, little;

static void on_load(const struct wsub_http_load *load, void *arg)
{
    (void)arg;
    last = *load;
}

static void on_held(struct wsub_http_share *share)
{
    ((struct body *)(void *)share)->order = ++granted;
}

static void setup(void)
{
    struct body none = {.share.on_held = on_held};

    base = event_base_new();
    wsub_http_budget_init(&budget, base, MAX, on_load, NULL);
    a = b = c = d = none;
    granted = 0;
    much = little = (struct wsub_http_payer){0};
}

static void teardown(void)
{
    wsub_http_budget_done(&budget);
    event_base_free(base);
}

static bool take(struct body *body, size_t bytes)
{
    return wsub_http_budget_take(&budget, &body->share, bytes);
}

static void give_back(struct body *body)
{
    wsub_http_budget_return(&body->share);
}

static void turn(void)
{
    for (int i = 0; i < 5; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

START_TEST(what_fits_is_taken_at_once)
{
    ck_assert(take(&a, 0));
    ck_assert(take(&a, 60));
    ck_assert(take(&b, 40));
    ck_assert(take(&a, 60));
    ck_assert_uint_eq(last.used_bytes, 100);
    ck_assert_uint_eq(last.waiting, 0);
    ck_assert(!take(&c, 1));
    ck_assert(take(&d, 0));
    ck_assert_uint_eq(last.waiting, 1);
    ck_assert_uint_eq(last.waited, 1);
}
END_TEST

START_TEST(who_came_first_is_served_first)
{
    ck_assert(take(&a, 90));
    ck_assert(!take(&b, 80));
    ck_assert(!take(&c, 5)); /* it would fit, but b came before */
    ck_assert(!take(&c, 5));
    turn();
    ck_assert_uint_eq(granted, 0);
    give_back(&a);
    turn();
    ck_assert_uint_eq(b.order, 1);
    ck_assert_uint_eq(c.order, 2);
    ck_assert_uint_eq(last.used_bytes, 85);
    ck_assert_uint_eq(last.waiting, 0);
}
END_TEST

START_TEST(one_larger_than_the_budget_is_taken_alone)
{
    ck_assert(take(&a, 1));
    ck_assert(!take(&b, 1000));
    turn();
    ck_assert_uint_eq(granted, 0);
    give_back(&a);
    turn();
    ck_assert_uint_eq(b.order, 1);
    ck_assert(!take(&c, 1));
    give_back(&b);
    turn();
    ck_assert_uint_eq(c.order, 2);
}
END_TEST

START_TEST(who_goes_waits_no_more)
{
    ck_assert(take(&a, 100));
    ck_assert(!take(&b, 10));
    ck_assert(!take(&c, 10));
    give_back(&b);
    give_back(&b);
    ck_assert_uint_eq(last.waiting, 1);
    give_back(&a);
    turn();
    ck_assert_uint_eq(b.order, 0);
    ck_assert_uint_eq(c.order, 1);
    ck_assert_uint_eq(last.used_bytes, 10);
}
END_TEST

START_TEST(who_has_begun_goes_before_who_has_not)
{
    ck_assert(take(&a, 40));
    ck_assert(take(&b, 60));
    ck_assert(!take(&c, 30));
    give_back(&b);
    ck_assert(take(&a, 80)); /* no other that has begun waits */
    turn();
    ck_assert_uint_eq(c.order, 0);
    give_back(&a);
    turn();
    ck_assert_uint_eq(c.order, 1);
}
END_TEST

START_TEST(bodies_that_all_grow_are_completed_one_by_one)
{
    ck_assert(take(&a, 50));
    ck_assert(take(&b, 50));
    ck_assert(take(&a, 80)); /* favoured */
    ck_assert(!take(&b, 80));
    ck_assert(!take(&c, 10));
    ck_assert(take(&a, 120));
    turn();
    ck_assert_uint_eq(granted, 0);
    give_back(&a);
    turn();
    ck_assert_uint_eq(b.order, 1);
    ck_assert_uint_eq(c.order, 2);
    ck_assert_uint_eq(last.used_bytes, 90);
}
END_TEST

START_TEST(the_favoured_one_is_followed_by_another)
{
    ck_assert(take(&a, 30));
    ck_assert(take(&b, 30));
    ck_assert(take(&c, 40));
    ck_assert(take(&a, 90));
    ck_assert(!take(&b, 90));
    ck_assert(!take(&c, 90));
    turn();
    ck_assert_uint_eq(granted, 0);
    give_back(&a);
    turn();
    ck_assert_uint_eq(b.order, 1); /* 90 beside 40 */
    ck_assert_uint_eq(c.order, 0);
    give_back(&b);
    turn();
    ck_assert_uint_eq(c.order, 2);
    ck_assert_uint_eq(last.used_bytes, 90);
}
END_TEST

START_TEST(without_a_limit_none_waits)
{
    wsub_http_budget_done(&budget);
    wsub_http_budget_init(&budget, base, 0, NULL, NULL);
    ck_assert(take(&a, SIZE_MAX / 4));
    ck_assert(take(&b, SIZE_MAX / 4));
}
END_TEST

START_TEST(shares_outlive_the_budget)
{
    ck_assert(take(&a, 100));
    ck_assert(!take(&b, 10));
    wsub_http_budget_done(&budget);
    give_back(&a);
    give_back(&b);
    turn();
    ck_assert_uint_eq(granted, 0);
    wsub_http_budget_init(&budget, base, MAX, NULL, NULL);
    ck_assert(take(&a, 100));
}
END_TEST

START_TEST(who_has_much_goes_behind_the_others)
{
    a.share.payer = b.share.payer = d.share.payer = &much;
    c.share.payer = &little;
    ck_assert(take(&d, 30));
    ck_assert(take(&a, 60));
    ck_assert(!take(&b, 50));
    ck_assert(!take(&c, 20));
    give_back(&a);
    turn();
    ck_assert_uint_eq(c.order, 1);
    ck_assert_uint_eq(b.order, 2);
    ck_assert_uint_eq(much.bytes, 80);
    ck_assert_uint_eq(little.bytes, 20);
    give_back(&b);
    give_back(&c);
    give_back(&d);
    ck_assert_uint_eq(much.bytes + little.bytes, 0);
}
END_TEST

START_TEST(alone_it_gets_all)
{
    a.share.payer = b.share.payer = c.share.payer = &much;
    ck_assert(take(&a, 50));
    ck_assert(take(&b, 50));
    ck_assert(!take(&c, 50));
    give_back(&b);
    turn();
    ck_assert_uint_eq(c.order, 1);
    ck_assert_uint_eq(much.bytes, 100);
}
END_TEST

START_TEST(many_that_grow_do_not_wait_for_each_other_behind_another)
{
    a.share.payer = b.share.payer = &much;
    c.share.payer = &little;
    ck_assert(take(&a, 50));
    ck_assert(take(&b, 50));
    ck_assert(!take(&c, 20)); /* it goes first, and does not fit */
    ck_assert(!take(&a, 60));
    ck_assert(!take(&b, 60));
    turn();
    ck_assert_uint_eq(a.order, 1);
    ck_assert_uint_eq(granted, 1);
    give_back(&a);
    turn();
    ck_assert_uint_eq(c.order, 2);
    ck_assert_uint_eq(b.order, 3);
}
END_TEST

START_TEST(a_payer_may_go_before_its_shares)
{
    a.share.payer = b.share.payer = &much;
    ck_assert(take(&a, 90));
    ck_assert(!take(&b, 50));
    wsub_http_budget_disown(&a.share);
    wsub_http_budget_disown(&b.share);
    ck_assert_uint_eq(much.bytes, 0);
    give_back(&a);
    turn();
    ck_assert_uint_eq(b.order, 1);
    ck_assert_uint_eq(much.bytes, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_budget");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_fits_is_taken_at_once);
    tcase_add_test(tcase, who_came_first_is_served_first);
    tcase_add_test(tcase, one_larger_than_the_budget_is_taken_alone);
    tcase_add_test(tcase, who_goes_waits_no_more);
    tcase_add_test(tcase, who_has_begun_goes_before_who_has_not);
    tcase_add_test(tcase, bodies_that_all_grow_are_completed_one_by_one);
    tcase_add_test(tcase, the_favoured_one_is_followed_by_another);
    tcase_add_test(tcase, without_a_limit_none_waits);
    tcase_add_test(tcase, shares_outlive_the_budget);
    tcase_add_test(tcase, who_has_much_goes_behind_the_others);
    tcase_add_test(tcase, alone_it_gets_all);
    tcase_add_test(tcase,
                   many_that_grow_do_not_wait_for_each_other_behind_another);
    tcase_add_test(tcase, a_payer_may_go_before_its_shares);
    return suite_run("http_budget", tcase);
}
