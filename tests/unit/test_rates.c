/* test_rates.c - how many requests a second one client may make. */
#include "hub/rates.h"

#include <string.h>

#include "common/http/client_address.h"
#include "tests/unit/suite.h"

#define START_US 7000000u
#define SECOND_US 1000000u

static struct hub_rates *rates;

static void setup(void)
{
    rates = hub_rates_new(&(struct wsub_config){
        .subscribe_rate = 5,
        .announce_rate = 10,
    });
}

static void teardown(void)
{
    hub_rates_free(rates);
}

static uint32_t take(enum hub_rate kind, uint32_t client, uint32_t tokens,
                     uint64_t now_us)
{
    unsigned char key[WSUB_CLIENT_KEY_BYTES] = {0};

    memcpy(key, &client, sizeof(client));
    return hub_rates_take(rates, kind, key, tokens, now_us);
}

static uint32_t subscribe(uint32_t client, uint64_t now_us)
{
    return take(HUB_RATE_SUBSCRIBE, client, 1, now_us);
}

START_TEST(a_burst_of_four_seconds_then_the_rate)
{
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(subscribe(1, START_US), 0);
    ck_assert_uint_eq(subscribe(1, START_US), 1);
    ck_assert_uint_eq(subscribe(1, START_US + SECOND_US / 5 - 1), 1);
    ck_assert_uint_eq(subscribe(1, START_US + SECOND_US / 5), 0);
    ck_assert_uint_eq(subscribe(1, START_US + SECOND_US / 5), 1);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(subscribe(1, START_US + 2 * SECOND_US), 0);
}
END_TEST

START_TEST(clients_and_kinds_are_apart)
{
    for (int i = 0; i < 20; i++)
        subscribe(1, START_US);
    ck_assert_uint_ne(subscribe(1, START_US), 0);
    ck_assert_uint_eq(subscribe(2, START_US), 0);
    ck_assert_uint_eq(take(HUB_RATE_ANNOUNCE, 1, 100, START_US), 0);
}
END_TEST

START_TEST(what_costs_more_than_the_burst_wants_a_full_bucket)
{
    ck_assert_uint_eq(take(HUB_RATE_ANNOUNCE, 1, 1000, START_US), 0);
    ck_assert_uint_eq(take(HUB_RATE_ANNOUNCE, 1, 1, START_US), 1);
    ck_assert_uint_eq(take(HUB_RATE_ANNOUNCE, 1, 50, START_US), 5);
    ck_assert_uint_eq(take(HUB_RATE_ANNOUNCE, 1, 1000, START_US), 10);
    ck_assert_uint_eq(
        take(HUB_RATE_ANNOUNCE, 1, 1000, START_US + 9 * SECOND_US), 1);
    ck_assert_uint_eq(
        take(HUB_RATE_ANNOUNCE, 1, 1000, START_US + 10 * SECOND_US), 0);
}
END_TEST

START_TEST(what_is_refused_takes_nothing)
{
    for (int i = 0; i < 20; i++)
        subscribe(1, START_US);
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_eq(subscribe(1, START_US), 1);
    ck_assert_uint_eq(subscribe(1, START_US + SECOND_US / 5), 0);
}
END_TEST

START_TEST(a_full_bucket_is_forgotten)
{
    uint64_t later_us = START_US + 5 * SECOND_US;

    for (uint32_t client = 0; client < 100; client++)
        subscribe(client, START_US);
    ck_assert_uint_eq(hub_rates_count(rates), 100);
    for (uint32_t i = 0; i < 100; i++)
        subscribe(1000, later_us + i * SECOND_US);
    ck_assert_uint_eq(hub_rates_count(rates), 1);
}
END_TEST

START_TEST(the_table_has_an_end_and_who_came_last_stays)
{
    for (int i = 0; i < 20; i++)
        subscribe(1, START_US);
    for (uint32_t client = 100; client < 100 + 2 * HUB_RATES_CLIENTS;
         client++) {
        subscribe(client, START_US);
        if (client % 1000 == 0)
            ck_assert_uint_eq(subscribe(1, START_US), 1);
    }
    ck_assert_uint_eq(hub_rates_count(rates), HUB_RATES_CLIENTS);
}
END_TEST

START_TEST(without_a_rate_nothing_is_limited_or_kept)
{
    hub_rates_free(rates);
    rates = hub_rates_new(&(struct wsub_config){.subscribe_rate = 0});
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_eq(subscribe(1, START_US), 0);
    ck_assert_uint_eq(hub_rates_count(rates), 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("rates");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_burst_of_four_seconds_then_the_rate);
    tcase_add_test(cases, clients_and_kinds_are_apart);
    tcase_add_test(cases, what_costs_more_than_the_burst_wants_a_full_bucket);
    tcase_add_test(cases, what_is_refused_takes_nothing);
    tcase_add_test(cases, a_full_bucket_is_forgotten);
    tcase_add_test(cases, the_table_has_an_end_and_who_came_last_stays);
    tcase_add_test(cases, without_a_rate_nothing_is_limited_or_kept);
    return suite_run("rates", cases);
}
