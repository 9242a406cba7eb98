/* test_listener.c - how cluster events are read: common/cluster/listener.h. */
#include "common/cluster/listener.h"

#include "common/store/cluster_events.h"
#include "tests/unit/redis_fixture.h"

static char topic[] = "events";
static struct wsub_listener *listener;
static unsigned events;
static char last_instance[64];

static void on_event(const struct wsub_cluster_event *event, void *arg)
{
    (void)arg;
    events++;
    snprintf(last_instance, sizeof(last_instance), "%s", event->instance);
}

static void set_up(void)
{
    events = 0;
    redis_set_up_store();
    config.cluster_events_topic = topic;
    config.enable_cluster_event_subscriptions = true;
}

static void start(void)
{
    listener = wsub_listener_new(&(struct wsub_listener_options){
        .base = base,
        .store = store,
        .config = &config,
        .name = "me",
        .on_event = on_event,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    wsub_listener_free(listener);
    listener = NULL;
    redis_tear_down();
}

static void reply_position(const char *id, const char *n, unsigned missed)
{
    char text[128];

    snprintf(text, sizeof(text), "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n:%u\r\n",
             strlen(id), id, strlen(n), n, missed);
    redis_reply(redis_wait("event_position"), text);
}

static void check_reads_after(const char *id)
{
    redis_check_args(redis_wait("XREAD"),
                     (const char *[]){"COUNT", "100", "BLOCK", "5000",
                                      "STREAMS", "w:{c}:events", id, NULL});
}

/* The reply to a read: an event, an entry of another version, an event. */
static void give_events(void)
{
    redis_reply(redis_wait("XREAD"),
                "*1\r\n*2\r\n$12\r\nw:{c}:events\r\n*3\r\n"
                "*2\r\n$3\r\n8-0\r\n*6\r\n$1\r\nv\r\n$1\r\n1\r\n$1\r\nk\r\n"
                "$5\r\nalert\r\n$1\r\nn\r\n$1\r\na\r\n"
                "*2\r\n$3\r\n8-1\r\n*2\r\n$1\r\nv\r\n$1\r\n2\r\n"
                "*2\r\n$3\r\n9-0\r\n*6\r\n$1\r\nv\r\n$1\r\n1\r\n$1\r\nk\r\n"
                "$5\r\nalert\r\n$1\r\nn\r\n$1\r\nb\r\n");
}

START_TEST(it_reads_on_from_the_position_that_was_saved)
{
    start();
    redis_check_args(redis_wait("event_position"),
                     (const char *[]){"events", "me", "", NULL});
    reply_position("7-0", "3", 0);
    check_reads_after("7-0");
    give_events();
    WAIT_FOR(base, events == 2);
    ck_assert_str_eq(last_instance, "b");
    check_reads_after("9-0");
}
END_TEST

START_TEST(the_position_is_saved_once_a_second_when_it_moved)
{
    struct redis_command *save;

    redis_held = "HSET";
    start();
    reply_position("7-0", "3", 0);
    give_events();
    WAIT_FOR(base, events == 2);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("HSET"));
    save = redis_wait("HSET");
    redis_check_args(save,
                     (const char *[]){"w:{c}:positions", "me", "9-0 6", NULL});
    redis_reply(save, ":1\r\n");
    redis_turn_ms(1100);
    ck_assert_ptr_null(redis_find("HSET"));
}
END_TEST

START_TEST(a_read_without_events_looks_where_the_stream_is)
{
    start();
    reply_position("7-0", "3", 0);
    redis_reply(redis_wait("XREAD"), "*-1\r\n");
    redis_check_args(redis_wait("event_position"),
                     (const char *[]){"events", "me", "7-0 3", NULL});
    reply_position("0-0", "0", 0); /* it is another stream by now */
    check_reads_after("0-0");
}
END_TEST

START_TEST(a_lost_link_is_followed_by_a_look)
{
    start();
    reply_position("7-0", "3", 0);
    redis_wait("XREAD");
    redis_drop();
    redis_check_args(redis_wait("event_position"),
                     (const char *[]){"events", "me", "7-0 3", NULL});
    reply_position("7-0", "5", 2);
    check_reads_after("7-0");
}
END_TEST

START_TEST(what_redis_refuses_is_tried_again)
{
    start();
    redis_reply(redis_wait("event_position"), "-ERR not now\r\n");
    reply_position("7-0", "3", 0);
    redis_reply(redis_wait("XREAD"), "-WRONGTYPE no stream\r\n");
    reply_position("7-0", "3", 0);
    check_reads_after("7-0");
}
END_TEST

START_TEST(it_can_be_switched_off)
{
    config.enable_cluster_event_subscriptions = false;
    start();
    ck_assert_ptr_null(listener);
}
END_TEST

START_TEST(it_ends_while_it_looks)
{
    start();
    redis_wait("event_position");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("listener");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, it_reads_on_from_the_position_that_was_saved);
    tcase_add_test(cases, the_position_is_saved_once_a_second_when_it_moved);
    tcase_add_test(cases, a_read_without_events_looks_where_the_stream_is);
    tcase_add_test(cases, a_lost_link_is_followed_by_a_look);
    tcase_add_test(cases, what_redis_refuses_is_tried_again);
    tcase_add_test(cases, it_can_be_switched_off);
    tcase_add_test(cases, it_ends_while_it_looks);
    return suite_run("listener", cases);
}
