/* test_groups.c - how versions of topic groups come to a process. */
#include "common/groups/groups.h"

#include "common/groups/stats.h"
#include "common/store/cluster_events.h"
#include "tests/unit/redis_fixture.h"

#define LOOK "group_changes"
#define A_RECORD "{\"v\":1,\"version\":1,\"id\":\"a\",\"prefix\":\"a\"}"

static struct wsub_groups *groups;
static unsigned readies;
static char changed[256]; /* prefixes that on_changed was called with */

static void on_changed(const struct wsub_policy *policy, const char *prefix,
                       void *arg)
{
    size_t len = strlen(changed);

    (void)arg;
    snprintf(changed + len, sizeof(changed) - len, "%s %u;", prefix,
             (unsigned)policy->version);
}

static void on_ready(void *arg)
{
    (void)arg;
    readies++;
}

static void set_up(void)
{
    readies = 0;
    changed[0] = '\0';
    redis_set_up_store();
    redis_held = LOOK;
    wsub_group_stats[WSUB_GROUP_STAT_STALE].value = 0;
    groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = base,
        .store = store,
        .config = &config,
        .on_changed = on_changed,
        .on_ready = on_ready,
    });
    wsub_groups_redis_up(groups);
}

static void tear_down(void)
{
    wsub_store_close(store);
    wsub_groups_free(groups);
    redis_tear_down();
}

/* Replies to the look that waits, with one group unless `prefix` is NULL. */
static void reply(const char *born, unsigned last, unsigned revision,
                  const char *prefix, unsigned version)
{
    char record[128], number[16], place[16];
    const char *texts[] = {born, number, place, prefix, record, NULL};

    snprintf(number, sizeof(number), "%u", last);
    snprintf(place, sizeof(place), "%u", revision);
    snprintf(record, sizeof(record),
             "{\"v\":1,\"version\":%u,\"id\":\"%s\",\"prefix\":\"%s\"}",
             version, prefix, prefix);
    if (prefix == NULL)
        texts[2] = NULL;
    redis_reply(redis_wait(LOOK), redis_array(texts));
    redis_turn_some();
}

static void event(enum wsub_cluster_event_kind kind)
{
    wsub_groups_event(groups, &(struct wsub_cluster_event){.kind = kind});
    redis_turn_some();
}

START_TEST(it_is_ready_once_all_was_read)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    redis_check_args(redis_wait(LOOK),
                     (const char *const[]){"0", "", "500", NULL});
    ck_assert(!wsub_groups_ready_why(groups, reason));
    reply("5", 2, 1, "a", 1);
    ck_assert(!wsub_groups_ready(groups));
    redis_check_args(redis_wait(LOOK),
                     (const char *const[]){"1", "5", "500", NULL});
    reply("5", 2, 2, "b", 1);
    ck_assert(wsub_groups_ready_why(groups, reason));
    ck_assert_uint_eq(readies, 1);
    ck_assert_str_eq(changed, "a 1;b 1;");
    ck_assert_str_eq(wsub_groups_find(groups, "a.x")->group, "a");
}
END_TEST

START_TEST(an_event_makes_it_look_on_from_its_place)
{
    reply("5", 7, 7, "a", 1);
    event(WSUB_EVENT_ALERT);
    ck_assert_ptr_null(redis_find(LOOK));
    event(WSUB_EVENT_CONFIG_CHANGED);
    redis_check_args(redis_wait(LOOK),
                     (const char *const[]){"7", "5", "500", NULL});
    reply("5", 8, 8, "a", 2);
    ck_assert_str_eq(changed, "a 1;a 2;");
    ck_assert_ptr_null(redis_find(LOOK));
}
END_TEST

START_TEST(events_during_a_look_make_one_more)
{
    event(WSUB_EVENT_CONFIG_CHANGED);
    event(WSUB_EVENT_CONFIG_CHANGED);
    ck_assert_uint_eq(redis_count(LOOK), 1);
    reply("5", 1, 1, "a", 1);
    reply("5", 1, 0, NULL, 0);
    ck_assert_ptr_null(redis_find(LOOK));
    ck_assert_uint_eq(readies, 1);
}
END_TEST

START_TEST(a_first_read_that_fails_is_made_again)
{
    redis_reply(redis_wait(LOOK), "-ERR no\r\n");
    redis_turn_some();
    ck_assert(!wsub_groups_ready(groups));
    reply("", 0, 0, NULL, 0);
    ck_assert_uint_eq(readies, 1);
}
END_TEST

START_TEST(an_older_version_is_ignored)
{
    reply("5", 1, 1, "a", 3);
    event(WSUB_EVENT_CONFIG_CHANGED);
    reply("5", 2, 2, "a", 2);
    ck_assert_str_eq(changed, "a 3;");
    ck_assert_uint_eq(wsub_group_stats[WSUB_GROUP_STAT_STALE].value, 1);
    ck_assert_uint_eq(wsub_groups_version(groups, "a"), 3);
}
END_TEST

START_TEST(of_an_emptied_redis_nothing_is_left)
{
    reply("5", 1, 1, "a", 3);
    wsub_groups_look(groups);
    reply("", 0, 0, NULL, 0);
    ck_assert_str_eq(changed, "a 3;a 0;");
    ck_assert_ptr_null(wsub_groups_find(groups, "a")->group);
    wsub_groups_look(groups);
    reply("9", 1, 1, "a", 1);
    ck_assert_uint_eq(wsub_groups_version(groups, "a"), 1);
}
END_TEST

START_TEST(what_a_request_brought_is_told_once)
{
    reply("", 0, 0, NULL, 0);
    wsub_groups_take(groups, "a",
                     "{\"v\":1,\"version\":1,\"id\":\"a\",\"prefix\":\"a\"}",
                     WSUB_GROUPS_EVENT);
    event(WSUB_EVENT_CONFIG_CHANGED);
    reply("5", 1, 1, "a", 1);
    ck_assert_str_eq(changed, "a 1;");
}
END_TEST

/* Redis has no revisions, then and now: the place tells nothing. */
START_TEST(what_was_taken_goes_when_redis_was_emptied)
{
    reply("", 0, 0, NULL, 0);
    wsub_groups_take(groups, "a", A_RECORD, WSUB_GROUPS_EVENT);
    ck_assert_str_eq(changed, "a 1;");
    wsub_groups_look(groups);
    reply("", 0, 0, NULL, 0);
    ck_assert_str_eq(changed, "a 1;a 0;");
    ck_assert_uint_eq(wsub_groups_version(groups, "a"), 0);
}
END_TEST

START_TEST(what_is_taken_during_a_look_stays)
{
    reply("", 0, 0, NULL, 0);
    wsub_groups_look(groups);
    redis_wait(LOOK);
    wsub_groups_take(groups, "a", A_RECORD, WSUB_GROUPS_EVENT);
    reply("", 0, 0, NULL, 0);
    ck_assert_uint_eq(wsub_groups_version(groups, "a"), 1);
    wsub_groups_look(groups);
    redis_reply(redis_wait(LOOK), "-ERR no\r\n");
    redis_turn_some();
    ck_assert_uint_eq(wsub_groups_version(groups, "a"), 1);
    wsub_groups_look(groups);
    reply("5", 1, 1, "a", 1);
    ck_assert_str_eq(changed, "a 1;");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("groups");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, it_is_ready_once_all_was_read);
    tcase_add_test(cases, an_event_makes_it_look_on_from_its_place);
    tcase_add_test(cases, events_during_a_look_make_one_more);
    tcase_add_test(cases, a_first_read_that_fails_is_made_again);
    tcase_add_test(cases, an_older_version_is_ignored);
    tcase_add_test(cases, of_an_emptied_redis_nothing_is_left);
    tcase_add_test(cases, what_a_request_brought_is_told_once);
    tcase_add_test(cases, what_was_taken_goes_when_redis_was_emptied);
    tcase_add_test(cases, what_is_taken_during_a_look_stays);
    return suite_run("groups", cases);
}
