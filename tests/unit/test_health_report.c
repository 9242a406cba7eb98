/* test_health_report.c - what a health check has found, and its report, by
 * spreader/health/findings.h and report.h. */
#include "spreader/health/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/store/calls.h"
#include "tests/unit/suite.h"

static struct spread_findings findings;

static struct wsub_health_issue issue(enum wsub_health_kind kind,
                                      unsigned shard, const char *key,
                                      const char *member)
{
    return (struct wsub_health_issue){kind,
                                      shard,
                                      "drop-member",
                                      {key, strlen(key)},
                                      {member, strlen(member)},
                                      "nothing accounts for it"};
}

static void add(enum wsub_health_kind kind, const char *key, const char *member)
{
    struct wsub_health_issue one = issue(kind, 1, key, member);

    spread_findings_add(&findings, &one);
}

static void set_up(void)
{
    findings = (struct spread_findings){0};
}

static void tear_down(void)
{
    spread_findings_clear(&findings);
}

static json_t *report(void)
{
    char *text = spread_report_json(&(struct spread_report){
        .time_ms = 1795280000512,
        .site = "north",
        .number = 7,
        .duration_ms = 12,
        .totals = {.subscriptions = 5, .dead_letters = 2},
        .shards = 8,
        .owned_shards = 7,
        .findings = &findings,
    });
    json_t *root = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(root);
    free(text);
    return root;
}

static const json_t *kind_of(const json_t *root, const char *kind)
{
    return json_object_get(json_object_get(root, "issues"), kind);
}

static json_int_t count_of(const json_t *root, const char *kind)
{
    return json_integer_value(json_object_get(kind_of(root, kind), "count"));
}

START_TEST(what_is_found_twice_is_one_thing)
{
    add(WSUB_HEALTH_ORPHANED, "retry", "x");
    add(WSUB_HEALTH_ORPHANED, "retry", "x");
    add(WSUB_HEALTH_ORPHANED, "retry", "y");
    ck_assert_uint_eq(findings.counts[WSUB_HEALTH_ORPHANED], 2);
    ck_assert_uint_eq(spread_findings_count(&findings), 2);
}
END_TEST

START_TEST(a_key_is_not_a_member_of_another)
{
    add(WSUB_HEALTH_ORPHANED, "ab", "c");
    add(WSUB_HEALTH_ORPHANED, "a", "bc");
    ck_assert_uint_eq(spread_findings_count(&findings), 2);
}
END_TEST

START_TEST(no_more_than_a_thousand_are_kept_and_all_are_counted)
{
    size_t count;
    struct wsub_health_issue *list;
    char member[16];

    for (int i = 0; i < 1500; i++) {
        snprintf(member, sizeof(member), "%d", i);
        add(WSUB_HEALTH_CORRUPT, "retry", member);
    }
    list = spread_findings_list(&findings, NULL, &count);
    ck_assert_uint_eq(count, 1000);
    ck_assert_uint_eq(findings.counts[WSUB_HEALTH_CORRUPT], 1500);
    ck_assert_str_eq(list[999].member.data, "999");
    free(list);
}
END_TEST

static bool is_y(const struct wsub_health_issue *one)
{
    return strcmp(one->member.data, "y") == 0;
}

START_TEST(some_are_chosen_dropped_or_removed)
{
    struct wsub_health_issue x = issue(WSUB_HEALTH_STALE, 1, "retry", "x");
    struct wsub_health_issue *list;
    size_t count;

    add(WSUB_HEALTH_STALE, "retry", "x");
    add(WSUB_HEALTH_STALE, "retry", "y");
    list = spread_findings_list(&findings, is_y, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(list[0].member.data, "y");
    free(list);
    spread_findings_drop(&findings, is_y);
    ck_assert_uint_eq(spread_findings_count(&findings), 1);
    spread_findings_remove(&findings, &x);
    spread_findings_remove(&findings, &x);
    ck_assert_uint_eq(spread_findings_count(&findings), 0);
}
END_TEST

START_TEST(a_report_without_issues_says_that_all_is_well)
{
    json_t *root = report();

    ck_assert_str_eq(json_string_value(json_object_get(root, "timestamp")),
                     "2026-11-21T16:53:20.512Z");
    ck_assert_str_eq(json_string_value(json_object_get(root, "site")), "north");
    ck_assert(json_is_true(json_object_get(root, "is_leader")));
    ck_assert_int_eq(json_integer_value(json_object_get(root, "check")), 7);
    ck_assert_int_eq(
        json_integer_value(json_object_get(root, "check_duration_ms")), 12);
    ck_assert_str_eq(json_string_value(json_object_get(root, "summary")),
                     "all is well");
    ck_assert_int_eq(json_integer_value(json_object_get(
                         json_object_get(root, "totals"), "owned_shards")),
                     7);
    ck_assert_int_eq(count_of(root, "missing"), 0);
    json_decref(root);
}
END_TEST

START_TEST(a_report_has_counts_and_some_samples)
{
    struct wsub_health_issue of_cluster =
        issue(WSUB_HEALTH_STALE, WSUB_SHARD_CLUSTER, "instances", "ghost");
    const json_t *sample;
    json_t *root;
    char member[16];

    for (int i = 0; i < 20; i++) {
        snprintf(member, sizeof(member), "%d", i);
        add(WSUB_HEALTH_ORPHANED, "retry", member);
    }
    spread_findings_add(&findings, &of_cluster);
    root = report();
    ck_assert_int_eq(count_of(root, "orphaned"), 20);
    ck_assert_uint_eq(
        json_array_size(json_object_get(kind_of(root, "orphaned"), "samples")),
        10);
    sample =
        json_array_get(json_object_get(kind_of(root, "stale"), "samples"), 0);
    ck_assert(json_is_null(json_object_get(sample, "shard")));
    ck_assert_str_eq(json_string_value(json_object_get(sample, "member")),
                     "ghost");
    ck_assert_str_eq(json_string_value(json_object_get(root, "summary")),
                     "21 issues: 1 stale, 20 orphaned, 0 missing, 0 corrupt");
    json_decref(root);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_shown)
{
    json_t *root;

    add(WSUB_HEALTH_CORRUPT, "retry", "\xff\x01x");
    root = report();
    ck_assert_str_eq(
        json_string_value(json_object_get(
            json_array_get(json_object_get(kind_of(root, "corrupt"), "samples"),
                           0),
            "member")),
        "\\xff\\x01x");
    json_decref(root);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("report");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_found_twice_is_one_thing);
    tcase_add_test(cases, a_key_is_not_a_member_of_another);
    tcase_add_test(cases, no_more_than_a_thousand_are_kept_and_all_are_counted);
    tcase_add_test(cases, some_are_chosen_dropped_or_removed);
    tcase_add_test(cases, a_report_without_issues_says_that_all_is_well);
    tcase_add_test(cases, a_report_has_counts_and_some_samples);
    tcase_add_test(cases, bytes_that_are_no_text_are_shown);
    return suite_run("health_report", cases);
}
