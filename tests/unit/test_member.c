/* test_member.c - a process registers, stays registered, and is fenced, by
 * common/cluster/member.h. */
#include "common/cluster/member.h"

#include "common/store/cluster_events.h"
#include "tests/unit/redis_fixture.h"

#define INTERVAL_MS 20
#define QUIET_MS 60 /* in which something is not to happen */

static struct wsub_member *member;
static unsigned registered, restarts, looks, left;
static char refusal[512];

static void on_registered(void *arg)
{
    (void)arg;
    registered++;
}

static void on_refused(const char *sentence, void *arg)
{
    (void)arg;
    snprintf(refusal, sizeof(refusal), "%s", sentence);
}

static void on_restart(void *arg)
{
    (void)arg;
    restarts++;
}

static void on_event(const struct wsub_cluster_event *event, void *arg)
{
    (void)arg;
    looks += event == NULL;
}

static void on_left(void *arg)
{
    (void)arg;
    left++;
}

static void set_up(void)
{
    registered = restarts = looks = left = 0;
    refusal[0] = '\0';
    redis_set_up_store();
    config.heartbeat_interval_ms = INTERVAL_MS;
    config.heartbeat_check_interval_ms = INTERVAL_MS;
    config.enable_registration_verification = true;
}

static void make(enum wsub_program program)
{
    member = wsub_member_new(&(struct wsub_member_options){
        .base = base,
        .store = store,
        .config = &config,
        .program = program,
        .on_registered = on_registered,
        .on_refused = on_refused,
        .on_restart = on_restart,
        .on_event = on_event,
    });
}

static void hold(const char *name)
{
    redis_held = name;
}

static void tear_down(void)
{
    wsub_store_close(store);
    wsub_member_free(member);
    member = NULL;
    redis_tear_down();
}

static void reply_register(const char *incarnation, const char *previous)
{
    redis_reply(redis_wait("register"),
                redis_array((const char *[]){incarnation, previous, NULL}));
}

static void reply_record(const char *incarnation)
{
    char record[64], text[128];

    snprintf(record, sizeof(record), "{\"v\":1,\"incarnation\":%s}",
             incarnation);
    snprintf(text, sizeof(text), "$%zu\r\n%s\r\n", strlen(record), record);
    redis_reply(redis_wait("HGET"), text);
}

static void start(enum wsub_program program)
{
    hold("register");
    make(program);
    wsub_member_start(
        member, &(struct wsub_registry_addresses){.status = "127.0.0.1:1"});
    reply_register("7", "0");
    reply_record("7");
    WAIT_FOR(base, registered == 1);
}

/* It does not go on by itself. */
static void refuse_beat(const char *why)
{
    char text[128];

    hold("heartbeat");
    redis_wait("heartbeat");
    hold("register");
    snprintf(text, sizeof(text), "-FENCED %s\r\n", why);
    redis_reply(redis_find("heartbeat"), text);
}

START_TEST(it_is_registered_once_its_record_is_read_back)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    hold("register");
    make(WSUB_PROGRAM_HUB);
    wsub_member_start(
        member, &(struct wsub_registry_addresses){.status = "127.0.0.1:1"});
    ck_assert(!wsub_member_ready(member, reason));
    ck_assert_str_eq(reason, "the process is not registered yet");
    ck_assert_str_eq(redis_arg(redis_wait("register"), 2), "me");
    ck_assert_str_eq(redis_arg(redis_find("register"), 3), "hub");
    ck_assert_str_eq(redis_arg(redis_find("register"), 4), "0");
    ck_assert_ptr_nonnull(strstr(redis_arg(redis_find("register"), 5),
                                 "\"status\":\"127.0.0.1:1\""));
    reply_register("7", "0");
    redis_wait("HGET");
    ck_assert(!wsub_member_alive(member));
    reply_record("7");
    WAIT_FOR(base, registered == 1);
    ck_assert(wsub_member_alive(member) && wsub_member_ready(member, reason));
    ck_assert_str_eq(wsub_member_consumer(member), "me:7");
    ck_assert_uint_eq(wsub_member_ref(member).incarnation, 7);
}
END_TEST

START_TEST(a_name_that_another_has_taken_meanwhile_is_refused)
{
    hold("register");
    make(WSUB_PROGRAM_HUB);
    wsub_member_start(member, &(struct wsub_registry_addresses){.status = ""});
    reply_register("7", "0");
    reply_record("8");
    WAIT_FOR(base, refusal[0] != '\0');
    ck_assert_ptr_nonnull(strstr(refusal, "instance_name"));
    ck_assert(!wsub_member_alive(member));
}
END_TEST

START_TEST(what_redis_refuses_at_the_start_is_told)
{
    hold("register");
    make(WSUB_PROGRAM_HUB);
    wsub_member_start(member, &(struct wsub_registry_addresses){.status = ""});
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    redis_reply(redis_wait("register"), "-NOPERM no\r\n");
    WAIT_FOR(base, refusal[0] != '\0');
    ck_assert_ptr_nonnull(strstr(refusal, "NOPERM"));
}
END_TEST

START_TEST(a_heartbeat_that_is_refused_makes_it_register_anew)
{
    start(WSUB_PROGRAM_HUB);
    refuse_beat("the record is gone");
    ck_assert_str_eq(redis_arg(redis_wait("register"), 4), "7");
    ck_assert(!wsub_member_alive(member));
    reply_register("9", "7");
    reply_record("9");
    WAIT_FOR(base, registered == 2);
    ck_assert(wsub_member_alive(member));
    ck_assert_str_eq(wsub_member_consumer(member), "me:9");
    ck_assert_str_eq(refusal, "");
}
END_TEST

START_TEST(who_was_replaced_is_refused)
{
    start(WSUB_PROGRAM_HUB);
    refuse_beat("it is incarnation 8");
    redis_reply(redis_wait("register"), "-FENCED it is 8\r\n");
    WAIT_FOR(base, refusal[0] != '\0');
    redis_turn_ms(QUIET_MS);
    ck_assert_ptr_null(redis_find("heartbeat"));
    ck_assert_uint_eq(registered, 1);
}
END_TEST

START_TEST(a_life_before_is_settled_first)
{
    config.shards = 1;
    hold("register");
    make(WSUB_PROGRAM_DELIVER);
    wsub_member_start(member, &(struct wsub_registry_addresses){.status = ""});
    reply_register("8", "7");
    reply_record("8");
    redis_check_args(redis_wait("hand_over"),
                     (const char *[]){"me", "7", "200", NULL});
    ck_assert_uint_eq(registered, 0);
    ck_assert(!wsub_member_alive(member));
    redis_reply(redis_find("hand_over"), "*2\r\n:200\r\n:3\r\n");
    redis_reply(redis_wait("hand_over"), "*2\r\n:3\r\n:0\r\n");
    WAIT_FOR(base, registered == 1);
    ck_assert(wsub_member_alive(member));
}
END_TEST

START_TEST(what_it_may_have_claimed_late_is_settled_later)
{
    config.heartbeat_timeout_ms = 200;
    hold("register");
    make(WSUB_PROGRAM_DELIVER);
    wsub_member_start(member, &(struct wsub_registry_addresses){.status = ""});
    reply_register("8", "7");
    reply_record("8");
    redis_reply(redis_wait("hand_over"), "*2\r\n:0\r\n:0\r\n");
    WAIT_FOR(base, registered == 1);
    redis_reply(redis_wait("hand_over"), "*2\r\n:1\r\n:0\r\n");
    redis_turn_ms(QUIET_MS);
    ck_assert_uint_eq(registered, 1);
}
END_TEST

START_TEST(it_registers_again_when_redis_is_back)
{
    start(WSUB_PROGRAM_HUB);
    redis_drop();
    WAIT_FOR(base, !wsub_store_up(store));
    WAIT_FOR(base, wsub_store_up(store));
    wsub_member_redis_up(member);
    ck_assert_str_eq(redis_arg(redis_wait("register"), 4), "7");
}
END_TEST

START_TEST(without_a_reply_in_time_it_has_failed)
{
    config.verification_timeout_ms = QUIET_MS;
    config.failure_notification_threshold = 1;
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    hold("register XADD");
    make(WSUB_PROGRAM_HUB);
    wsub_member_start(member, &(struct wsub_registry_addresses){.status = ""});
    redis_wait("register");
    ck_assert_ptr_nonnull(redis_wait_with("XADD", "instance_degraded"));
    redis_reply(redis_find_with("XADD", "instance_degraded"), "$3\r\n1-1\r\n");
    reply_register("7", "0"); /* too late: it is read back the next time */
    redis_turn_ms(QUIET_MS);
    ck_assert_ptr_null(redis_find("HGET"));
    ck_assert_uint_eq(registered, 0);
}
END_TEST

START_TEST(a_restart_is_told_once)
{
    start(WSUB_PROGRAM_HUB);
    hold("heartbeat");
    for (int i = 0; i < 2; i++)
        redis_reply(redis_wait("heartbeat"),
                    "*6\r\n:0\r\n:0\r\n:1000\r\n:1\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, restarts > 0);
    redis_turn_ms(QUIET_MS);
    ck_assert_uint_eq(restarts, 1);
}
END_TEST

START_TEST(another_number_of_spreaders_is_told)
{
    start(WSUB_PROGRAM_SPREADER);
    hold("heartbeat");
    redis_reply(redis_wait("heartbeat"),
                "*6\r\n:0\r\n:2\r\n:1000\r\n:0\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, looks == 1);
    ck_assert_uint_eq(wsub_member_spreaders(member), 2);
    redis_reply(redis_wait("heartbeat"),
                "*6\r\n:0\r\n:2\r\n:1000\r\n:0\r\n:1\r\n:1\r\n");
    redis_reply(redis_wait("heartbeat"),
                "*6\r\n:0\r\n:1\r\n:1000\r\n:0\r\n:1\r\n:1\r\n");
    WAIT_FOR(base, looks == 2);
}
END_TEST

#define VICTIM "$5\r\nghost\r\n$7\r\ndeliver\r\n$1\r\n5\r\n"

static void reply_beat(int is_late, const char *victims, int words)
{
    char text[256];

    snprintf(text, sizeof(text),
             "*%d\r\n:%d\r\n:0\r\n:1000\r\n:0\r\n:1\r\n:1\r\n%s", 6 + words,
             is_late, victims);
    redis_reply(redis_wait("heartbeat"), text);
}

START_TEST(a_victim_is_removed_step_by_step)
{
    config.heartbeat_timeout_ms = 5000;
    start(WSUB_PROGRAM_HUB);
    hold("heartbeat");
    reply_beat(0, VICTIM, 3);
    do
        reply_beat(0, VICTIM, 3); /* the first ones judge nobody */
    while (redis_turn_some(), redis_find("bury") == NULL);
    redis_check_args(redis_find("bury"),
                     (const char *[]){"ghost", "deliver", "5", "me", "7",
                                      "5000", "3000", NULL});
    redis_reply(redis_find("bury"), "$1\r\n5\r\n");
    redis_check_args(redis_wait("hand_over"),
                     (const char *[]){"ghost", "5", "200", NULL});
    redis_reply(redis_find("hand_over"), "*2\r\n:4\r\n:0\r\n");
    redis_check_args(
        redis_wait("buried"),
        (const char *[]){"events", "100", "ghost", "deliver", "5", NULL});
    redis_reply(redis_find("buried"), ":1\r\n");
}
END_TEST

START_TEST(who_was_late_judges_nobody)
{
    config.heartbeat_check_interval_ms = DEADLINE_MS;
    start(WSUB_PROGRAM_HUB);
    hold("heartbeat");
    for (int i = 0; i < 5; i++)
        reply_beat(i == 0, VICTIM, 3);
    redis_turn_ms(QUIET_MS);
    ck_assert_ptr_null(redis_find("bury"));
}
END_TEST

START_TEST(it_leaves_with_its_record)
{
    start(WSUB_PROGRAM_HUB);
    hold("deregister");
    wsub_member_leave(member, false, on_left, NULL);
    redis_check_args(redis_wait("deregister"),
                     (const char *[]){"events", "100", "me", "hub", "7", NULL});
    ck_assert_uint_eq(left, 0);
    redis_reply(redis_find("deregister"), ":1\r\n");
    WAIT_FOR(base, left == 1);
}
END_TEST

START_TEST(it_leaves_its_record_when_it_restarts)
{
    start(WSUB_PROGRAM_HUB);
    hold("deregister");
    wsub_member_leave(member, true, on_left, NULL);
    ck_assert_uint_eq(left, 1);
    redis_turn_ms(QUIET_MS);
    ck_assert_ptr_null(redis_find("deregister"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("member");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, it_is_registered_once_its_record_is_read_back);
    tcase_add_test(cases, a_name_that_another_has_taken_meanwhile_is_refused);
    tcase_add_test(cases, what_redis_refuses_at_the_start_is_told);
    tcase_add_test(cases, a_heartbeat_that_is_refused_makes_it_register_anew);
    tcase_add_test(cases, who_was_replaced_is_refused);
    tcase_add_test(cases, a_life_before_is_settled_first);
    tcase_add_test(cases, what_it_may_have_claimed_late_is_settled_later);
    tcase_add_test(cases, it_registers_again_when_redis_is_back);
    tcase_add_test(cases, without_a_reply_in_time_it_has_failed);
    tcase_add_test(cases, a_restart_is_told_once);
    tcase_add_test(cases, another_number_of_spreaders_is_told);
    tcase_add_test(cases, a_victim_is_removed_step_by_step);
    tcase_add_test(cases, who_was_late_judges_nobody);
    tcase_add_test(cases, it_leaves_with_its_record);
    tcase_add_test(cases, it_leaves_its_record_when_it_restarts);
    return suite_run("member", cases);
}
