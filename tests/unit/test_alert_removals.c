/* test_alert_removals.c - which processes count as dead. */
#include <stdio.h>
#include <string.h>

#include "common/store/cluster_events.h"
#include "spreader/alerts/removals.h"
#include "tests/unit/suite.h"

#define HOUR_MS 3600000

static struct spread_removals removals;

static void set_up(void)
{
    memset(&removals, 0, sizeof(removals));
}

static void tear_down(void)
{
    spread_removals_done(&removals);
}

static void tell(enum wsub_cluster_event_kind kind, const char *name,
                 uint64_t now_ms)
{
    spread_removals_event(&removals,
                          &(struct wsub_cluster_event){.kind = kind,
                                                       .instance = name,
                                                       .role = "deliver"},
                          now_ms);
}

static void see(uint64_t delivers, uint64_t now_ms)
{
    const uint64_t live[SPREAD_ROLES] = {1, 1, delivers};

    spread_removals_seen(&removals, live, now_ms);
}

START_TEST(a_dead_process_counts_until_its_name_registers)
{
    see(2, 1);
    tell(WSUB_EVENT_INSTANCE_REMOVED, "d", 2);
    see(1, 3);
    ck_assert_uint_eq(removals.count, 1);
    ck_assert_str_eq(removals.list[0].name, "d");
    tell(WSUB_EVENT_INSTANCE_REGISTERED, "e", 4);
    ck_assert_uint_eq(removals.count, 1);
    tell(WSUB_EVENT_INSTANCE_REGISTERED, "d", 5);
    ck_assert_uint_eq(removals.count, 0);
}
END_TEST

START_TEST(or_until_as_many_live_as_before)
{
    see(2, 1);
    tell(WSUB_EVENT_INSTANCE_REMOVED, "d", 2);
    see(1, 3);
    see(2, 4);
    ck_assert_uint_eq(removals.count, 0);
}
END_TEST

START_TEST(or_for_an_hour)
{
    see(2, 1);
    tell(WSUB_EVENT_INSTANCE_REMOVED, "d", 2);
    see(1, HOUR_MS + 1);
    ck_assert_uint_eq(removals.count, 1);
    see(1, HOUR_MS + 2);
    ck_assert_uint_eq(removals.count, 0);
}
END_TEST

START_TEST(where_nobody_has_counted_before_one_is_enough)
{
    tell(WSUB_EVENT_INSTANCE_REMOVED, "d", 2);
    see(0, 3);
    ck_assert_uint_eq(removals.count, 1);
    see(1, 4);
    ck_assert_uint_eq(removals.count, 0);
}
END_TEST

START_TEST(the_oldest_makes_way)
{
    char name[16];

    for (int i = 0; i < SPREAD_REMOVALS_MAX + 3; i++) {
        snprintf(name, sizeof(name), "d%d", i);
        tell(WSUB_EVENT_INSTANCE_REMOVED, name, 1);
        tell(WSUB_EVENT_INSTANCE_REMOVED, name, 1);
    }
    ck_assert_uint_eq(removals.count, SPREAD_REMOVALS_MAX);
    ck_assert_str_eq(removals.list[0].name, "d3");
}
END_TEST

START_TEST(other_events_count_for_nothing)
{
    spread_removals_event(
        &removals,
        &(struct wsub_cluster_event){.kind = WSUB_EVENT_INSTANCE_REMOVED}, 1);
    tell(WSUB_EVENT_INSTANCE_STOPPED, "d", 1);
    ck_assert_uint_eq(removals.count, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("alert removals");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_dead_process_counts_until_its_name_registers);
    tcase_add_test(cases, or_until_as_many_live_as_before);
    tcase_add_test(cases, or_for_an_hour);
    tcase_add_test(cases, where_nobody_has_counted_before_one_is_enough);
    tcase_add_test(cases, the_oldest_makes_way);
    tcase_add_test(cases, other_events_count_for_nothing);
    return suite_run("alert removals", cases);
}
