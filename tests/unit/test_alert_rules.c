/* test_alert_rules.c - which alerts follow from what is known. */
#include <stdio.h>
#include <string.h>

#include "common/base/config.h"
#include "spreader/alerts/rules.h"
#include "tests/unit/suite.h"

#define SHARDS 3

static const struct wsub_config config = {
    .alert_oldest_job_s = 300,
    .alert_lag = 100,
    .alert_suspended_percent = 10,
    .refuse_subscriptions_percent = 75,
};

static struct wsub_waiting waiting[SHARDS];
static bool unowned[SHARDS];
static struct spread_facts facts;
static struct spread_alerts_found found;

/* Nothing is wrong. */
static void set_up(void)
{
    memset(&found, 0, sizeof(found));
    memset(waiting, 0, sizeof(waiting));
    memset(unowned, 0, sizeof(unowned));
    for (int shard = 0; shard < SHARDS; shard++)
        for (int queue = 0; queue < WSUB_QUEUE_MAX_; queue++)
            waiting[shard].queues[queue].oldest_ms = -1;
    facts = (struct spread_facts){
        .shards = SHARDS,
        .waiting = waiting,
        .unowned = unowned,
        .redis = {.policy = "noeviction",
                  .aof = true,
                  .aof_ok = true,
                  .rdb_ok = true},
        .subscriptions = 100,
        .live = {1, 1, 1},
    };
}

static void tear_down(void)
{
    spread_alerts_found_done(&found);
}

/* The one alert that there must be. */
static const struct wsub_alert *only(void)
{
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 1);
    return &found.list[0];
}

static void is_only(enum wsub_alert_kind kind, const char *subject,
                    const char *detail)
{
    const struct wsub_alert *alert = only();

    ck_assert_int_eq(alert->kind, kind);
    ck_assert_str_eq(alert->subject, subject);
    ck_assert_str_eq(alert->detail, detail);
}

START_TEST(nothing_is_wrong)
{
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(the_oldest_of_all_jobs_counts)
{
    waiting[0].queues[WSUB_QUEUE_OUTBOX].oldest_ms = 300000;
    waiting[1].queues[WSUB_QUEUE_VERIFY].oldest_ms = 301999;
    waiting[2].queues[WSUB_QUEUE_RETRY_LATER].oldest_ms = 900000;
    is_only(WSUB_ALERT_OLDEST_JOB, "",
            "the oldest job waits for 301 s, in verify of shard 1");
}
END_TEST

START_TEST(a_job_that_waits_as_long_as_it_may_is_none)
{
    waiting[0].queues[WSUB_QUEUE_OUTBOX].oldest_ms = 300000;
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(events_of_all_shards_are_lag)
{
    waiting[0].queues[WSUB_QUEUE_LOG].entries = 50;
    waiting[2].queues[WSUB_QUEUE_LOG].entries = 51;
    waiting[2].queues[WSUB_QUEUE_LOG].oldest_ms = 2500;
    is_only(WSUB_ALERT_LAG, "",
            "101 events have not begun to be fanned out, the oldest waits for "
            "2 s, in shard 2");
}
END_TEST

START_TEST(one_old_event_is_lag)
{
    waiting[1].queues[WSUB_QUEUE_LOG].entries = 1;
    waiting[1].queues[WSUB_QUEUE_LOG].oldest_ms = 300001;
    ck_assert_int_eq(only()->kind, WSUB_ALERT_LAG);
}
END_TEST

START_TEST(shards_without_owner_are_named)
{
    unowned[0] = unowned[2] = true;
    is_only(WSUB_ALERT_SHARD_WITHOUT_OWNER, "",
            "nobody owns 2 of 3 shards: 0, 2");
}
END_TEST

START_TEST(a_role_of_which_none_lives_is_named)
{
    facts.live[2] = 0;
    is_only(WSUB_ALERT_NO_PROCESS, "deliver", "no deliver lives");
}
END_TEST

START_TEST(each_failed_process_is_an_alert)
{
    static const struct spread_failed failed[] = {
        {"hub-1", "it died"}, {"hub-2", "it can't register"}};

    facts.failed = failed;
    facts.failed_count = 2;
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_str_eq(found.list[1].subject, "hub-2");
    ck_assert_str_eq(found.list[1].detail, "it can't register");
}
END_TEST

START_TEST(more_than_the_share_of_suspended_is_one)
{
    waiting[0].queues[WSUB_QUEUE_SUSPENDED].entries = 10;
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 0);
    waiting[1].queues[WSUB_QUEUE_SUSPENDED].entries = 1;
    is_only(WSUB_ALERT_SUSPENDED, "", "11 of 100 subscriptions are suspended");
}
END_TEST

START_TEST(what_came_lately_is_one_each)
{
    facts.letters_come = facts.gaps_come = true;
    waiting[1].queues[WSUB_QUEUE_DEAD].entries = 7;
    waiting[1].queues[WSUB_QUEUE_HELD].entries = 2;
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 3);
    ck_assert_str_eq(found.list[0].detail, "dead letters arrive; there are 7");
    ck_assert_int_eq(found.list[1].kind, WSUB_ALERT_GAP);
    ck_assert_int_eq(found.list[2].kind, WSUB_ALERT_UNDECODABLE);
}
END_TEST

START_TEST(redis_is_looked_at)
{
    facts.redis.used_bytes = 75;
    facts.redis.maxmemory_bytes = 100;
    snprintf(facts.redis.policy, sizeof(facts.redis.policy), "allkeys-lru");
    facts.redis.aof_ok = false;
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 3);
    ck_assert_str_eq(found.list[0].detail, "Redis uses 75% of its maxmemory");
    ck_assert_int_eq(found.list[1].kind, WSUB_ALERT_REDIS_POLICY);
    ck_assert_str_eq(found.list[2].detail,
                     "Redis could not write its append-only file");
}
END_TEST

START_TEST(what_redis_does_not_tell_is_none)
{
    facts.redis.policy[0] = '\0';
    spread_alert_rules(&config, &facts, &found);
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("alert rules");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, nothing_is_wrong);
    tcase_add_test(cases, the_oldest_of_all_jobs_counts);
    tcase_add_test(cases, a_job_that_waits_as_long_as_it_may_is_none);
    tcase_add_test(cases, events_of_all_shards_are_lag);
    tcase_add_test(cases, one_old_event_is_lag);
    tcase_add_test(cases, shards_without_owner_are_named);
    tcase_add_test(cases, a_role_of_which_none_lives_is_named);
    tcase_add_test(cases, each_failed_process_is_an_alert);
    tcase_add_test(cases, more_than_the_share_of_suspended_is_one);
    tcase_add_test(cases, what_came_lately_is_one_each);
    tcase_add_test(cases, redis_is_looked_at);
    tcase_add_test(cases, what_redis_does_not_tell_is_none);
    return suite_run("alert rules", cases);
}
