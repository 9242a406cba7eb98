/* test_store.c - keys and scripts of shards, and a store without a server: its
 * loop never runs, so it connects to nothing. */
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "common/store/store.h"
#include "tests/unit/suite.h"

static char redis_url[] = "unix:///nowhere";
static char key_prefix[] = "websub";
static char public_url[] = "";

static struct event_base *base;
static struct wsub_config config;
static struct wsub_store *store;

static void set_up(void)
{
    char err_text[256];
    struct wsub_store_options options;

    config.redis_url = redis_url;
    config.key_prefix = key_prefix;
    config.public_url = public_url;
    config.shards = 12;
    base = event_base_new();
    ck_assert_ptr_nonnull(base);
    options = (struct wsub_store_options){.base = base, .config = &config};
    ck_assert_int_eq(wsub_store_new(&options, err_text, &store), WSUB_OK);
}

static void tear_down(void)
{
    wsub_store_free(store);
    event_base_free(base);
}

/* Compares the end of the command as it goes over the wire. */
static void check_end(struct wsub_cmd *cmd, const char *expected)
{
    size_t len, end = strlen(expected);
    const char *wire = wsub_cmd_wire(cmd, &len);

    ck_assert_uint_ge(len, end);
    ck_assert_mem_eq(wire + len - end, expected, end);
    wsub_cmd_done(cmd);
}

START_TEST(a_key_has_the_prefix_of_its_shard)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "GET");
    wsub_store_key(&cmd, store, 11, "sub", "TD:CD");
    check_end(&cmd, "$21\r\nwebsub:{11}:sub:TD:CD\r\n");
}
END_TEST

START_TEST(a_script_has_the_prefix_of_its_shard_as_its_only_key)
{
    const struct wsub_script *script = wsub_script(WSUB_SCRIPT_PAGE);
    struct wsub_cmd cmd;

    ck_assert_uint_eq(strlen(script->sha1), 40);
    wsub_store_script(&cmd, store, 5, WSUB_SCRIPT_PAGE);
    ck_assert_ptr_eq(cmd.script, script);
    check_end(&cmd, "$1\r\n1\r\n$11\r\nwebsub:{5}:\r\n");
}
END_TEST

static void on_any(enum wsub_err err, const struct redisReply *reply,
                   wsub_store_cb *cb, void *arg)
{
    (void)err;
    (void)reply;
    (void)cb;
    *(bool *)arg = true;
}

START_TEST(a_store_that_is_not_up_takes_nothing_to_be_tried_once)
{
    struct wsub_cmd cmd;
    bool called = false;

    ck_assert(!wsub_store_up(store));
    wsub_cmd_init(&cmd, "PING");
    ck_assert_int_eq(wsub_store_send(store, 0, &cmd, NULL, NULL),
                     WSUB_ERR_UNAVAILABLE);
    wsub_cmd_init(&cmd, "PING");
    ck_assert_int_eq(wsub_store_try(store, 0, &cmd, on_any, NULL, &called),
                     WSUB_ERR_UNAVAILABLE);
    ck_assert(!called);
}
END_TEST

START_TEST(a_call_that_waits_for_redis_is_dropped_when_the_store_closes)
{
    struct wsub_cmd cmd;
    bool called = false;

    wsub_cmd_init(&cmd, "PING");
    wsub_store_call(store, 0, &cmd, on_any, NULL, &called);
    wsub_store_close(store);
    wsub_cmd_init(&cmd, "PING");
    wsub_store_call(store, 0, &cmd, on_any, NULL, &called);
    ck_assert(!called);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("store");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_key_has_the_prefix_of_its_shard);
    tcase_add_test(cases, a_script_has_the_prefix_of_its_shard_as_its_only_key);
    tcase_add_test(cases,
                   a_store_that_is_not_up_takes_nothing_to_be_tried_once);
    tcase_add_test(
        cases, a_call_that_waits_for_redis_is_dropped_when_the_store_closes);
    return suite_run("store", cases);
}
