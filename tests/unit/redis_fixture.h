/* redis_fixture.h - a store and the Redis that it speaks to, in one process.
 *
 *   store --unix socket--> what all programs say at the beginning: replied here
 *                      '-> the rest waits until the test takes it and replies
 *
 * The loop turns only while the test waits for something.  Replies are texts in
 * the form that goes over the wire. */
#ifndef TESTS_UNIT_REDIS_FIXTURE_H
#define TESTS_UNIT_REDIS_FIXTURE_H

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <hiredis/hiredis.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/scripts.h"
#include "common/store/store.h"
#include "tests/unit/suite.h"
#include "tests/unit/wait.h"

#define REDIS_FIXTURE __attribute__((unused)) static

struct redis_connection {
    struct bufferevent *stream; /* owned */
    struct redisReader *reader; /* owned */
    LIST_ENTRY(redis_connection) next;
};

/* A command whose reply has not gone out.  Replies go out in the order of the
 * commands. */
struct redis_command {
    struct redis_connection *connection;
    const char *name;         /* of the command, or of its script */
    struct redisReply *words; /* owned */
    size_t first;             /* of the words: an argument */
    char *reply;              /* owned; NULL: the test has given none yet */
    TAILQ_ENTRY(redis_command) next;
};

static struct wsub_loop *loop;
static struct event_base *base;
static struct wsub_config config;
static struct wsub_store *store;

static char redis_folder[64], redis_url[128], redis_path[108];
static char redis_all_ports[] = "1-65535";
static char redis_empty[] = "", redis_prefix[] = "w", redis_name[] = "me";
static char redis_events[] = "events";
static struct evconnlistener *redis_listener;
static LIST_HEAD(, redis_connection) redis_connections;
static TAILQ_HEAD(, redis_command) redis_commands;
static uint64_t redis_begin_us; /* 1,000 s of Redis' time */
/* Names, separated by spaces: replied to by the test all the same. */
static const char *redis_held;

/* What is replied to at once; meta and TIME have replies of their own. */
static const struct {
    const char *name, *reply;
} redis_replies[] = {
    {"PING", "+PONG\r\n"},
    {"CONFIG", "*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n"},
    {"HSET", ":1\r\n"},
    {"HSETNX", ":1\r\n"},
    {"CLIENT", ":1\r\n"},
    {"XAUTOCLAIM", "*2\r\n$3\r\n0-0\r\n*0\r\n"},
    {"XINFO", "*0\r\n"},
    {"XLEN", ":0\r\n"},
    {"groups", "*0\r\n"},
    {"group_changes", "*2\r\n$0\r\n\r\n$1\r\n0\r\n"},
    {"leave", ":1\r\n"},
    {"instance_list", "*5\r\n$1\r\n1\r\n*0\r\n*0\r\n*0\r\n*0\r\n"},
    {"register", "*2\r\n$1\r\n7\r\n$1\r\n0\r\n"},
    {"heartbeat", "*6\r\n:0\r\n:0\r\n:1000\r\n:0\r\n:1\r\n:1\r\n"},
    {"deregister", ":1\r\n"},
    {"claim", "*2\r\n:1\r\n$1\r\n5\r\n"},
    {"extend", "$1\r\n5\r\n"},
    {"release", "$1\r\n5\r\n"},
    {"resume", "*1\r\n$3\r\n0-0\r\n"},
    {"take", "*1\r\n:-1\r\n"},
    {"promote", "*2\r\n:0\r\n:-1\r\n"},
    {"pull_in", "*2\r\n:1000000\r\n:0\r\n"},
    {"renew", ":0\r\n"},
    {"SETRANGE", ":0\r\n"},
    {"sweep", "*12\r\n:0\r\n:0\r\n:0\r\n:0\r\n$3\r\n0-0\r\n:0\r\n:-1\r\n"
              ":0\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n:0\r\n"},
    {"SCAN", "*2\r\n$1\r\n0\r\n*0\r\n"},
    {"instance_list", "*5\r\n$7\r\n1000000\r\n*0\r\n*0\r\n*0\r\n*0\r\n"},
    {"health_orders", "*5\r\n:0\r\n:0\r\n$0\r\n\r\n:0\r\n$0\r\n\r\n"},
    {"health_slot", "*3\r\n:1\r\n:0\r\n:0\r\n"},
    {"health_count", "*1\r\n:0\r\n"},
    {"health_index", "*3\r\n$0\r\n\r\n$3\r\n0-0\r\n:0\r\n"},
    {"health_hosts", ":0\r\n"},
    {"health_note", "*3\r\n*0\r\n*0\r\n:0\r\n"},
    {"alerts", "*0\r\n"},
    {"alert_notices", "*0\r\n"},
    {"HKEYS", "*0\r\n"},
    {"SET", "+OK\r\n"},
    {"sums_add", ":1\r\n"},
    {"HDEL", ":1\r\n"},
    {"XADD", "$3\r\n1-0\r\n"},
};

static void redis_command_free(struct redis_command *command)
{
    TAILQ_REMOVE(&redis_commands, command, next);
    freeReplyObject(command->words);
    free(command->reply);
    free(command);
}

static void redis_connection_free(struct redis_connection *connection)
{
    struct redis_command *command, *next;

    for (command = TAILQ_FIRST(&redis_commands); command; command = next) {
        next = TAILQ_NEXT(command, next);
        if (command->connection == connection)
            redis_command_free(command);
    }
    LIST_REMOVE(connection, next);
    bufferevent_free(connection->stream);
    redisReaderFree(connection->reader);
    free(connection);
}

REDIS_FIXTURE const char *redis_arg(const struct redis_command *command,
                                    size_t number)
{
    size_t at = command->first + number;

    return at < command->words->elements ? command->words->element[at]->str
                                         : NULL;
}

/* The oldest command of the connection. */
static struct redis_command *
redis_oldest(const struct redis_connection *connection)
{
    struct redis_command *command;

    TAILQ_FOREACH(command, &redis_commands, next)
    if (command->connection == connection)
        return command;
    return NULL;
}

/* Replies; the command is not to be used after. */
REDIS_FIXTURE void redis_reply(struct redis_command *command, const char *text)
{
    struct redis_connection *connection = command->connection;

    command->reply = wsub_strdup(text);
    while ((command = redis_oldest(connection)) != NULL &&
           command->reply != NULL) {
        bufferevent_write(connection->stream, command->reply,
                          strlen(command->reply));
        redis_command_free(command);
    }
}

static void redis_reply_meta(struct redis_command *command)
{
    struct wsub_buf text = {0};
    size_t fields = command->words->elements - 2;

    wsub_buf_printf(&text, "*%zu\r\n", fields);
    for (size_t i = 1; i <= fields; i++) {
        const char *field = redis_arg(command, i);

        if (strcmp(field, "format") == 0)
            wsub_buf_str(&text, "$1\r\n1\r\n");
        else if (strcmp(field, "shards") == 0)
            wsub_buf_printf(&text, "$1\r\n%u\r\n", config.shards);
        else if (strcmp(field, "id") == 0)
            wsub_buf_str(&text, "$2\r\nid\r\n");
        else
            wsub_buf_str(&text, "$-1\r\n");
    }
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

/* 1,000 s and what has passed since the test began. */
static void redis_reply_time(struct redis_command *command)
{
    uint64_t us = wsub_now_us() - redis_begin_us;
    char text[64];

    snprintf(text, sizeof(text),
             "*2\r\n$4\r\n%04" PRIu64 "\r\n$6\r\n%06" PRIu64 "\r\n",
             1000 + us / 1000000, us % 1000000);
    redis_reply(command, text);
}

REDIS_FIXTURE bool redis_is_held(const char *name)
{
    size_t len = strlen(name);

    for (const char *at = redis_held; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, len) == 0 && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

static void redis_reply_if_usual(struct redis_command *command)
{
    const char *key = redis_arg(command, 0);

    if (redis_is_held(command->name))
        return;
    if (strcmp(command->name, "HMGET") == 0 && strcmp(key, "w:meta") == 0) {
        redis_reply_meta(command);
        return;
    }
    if (strcmp(command->name, "GET") == 0 && strcmp(key, "w:{c}:canary") == 0) {
        redis_reply(command, "$-1\r\n");
        return;
    }
    if (strcmp(command->name, "HGETALL") == 0 &&
        (strcmp(key, "w:{c}:sites") == 0 || strcmp(key, "w:{c}:alerts") == 0 ||
         strcmp(key, "w:{c}:host_orders") == 0)) {
        redis_reply(command, "*0\r\n");
        return;
    }
    if (strcmp(command->name, "TIME") == 0) {
        redis_reply_time(command);
        return;
    }
    for (int i = 0; i < COUNT(redis_replies); i++)
        if (strcmp(command->name, redis_replies[i].name) == 0) {
            redis_reply(command, redis_replies[i].reply);
            return;
        }
}

static const char *redis_script_name(const char *sha1)
{
    for (int i = 0; i < WSUB_SCRIPT_MAX_; i++) {
        const struct wsub_script *script = wsub_script((enum wsub_script_id)i);

        if (strcmp(script->sha1, sha1) == 0 ||
            strcmp(wsub_script_mending(script)->sha1, sha1) == 0)
            return script->name;
    }
    ck_abort_msg("an unknown script");
}

static void redis_command_new(struct redis_connection *connection,
                              struct redisReply *words)
{
    struct redis_command *command = wsub_calloc(1, sizeof(*command));

    command->connection = connection;
    command->words = words;
    command->name = words->element[0]->str;
    command->first = 1;
    if (strcasecmp(command->name, "EVALSHA") == 0) {
        command->name = redis_script_name(words->element[1]->str);
        command->first = 4; /* EVALSHA SHA1 1 KEY */
    }
    TAILQ_INSERT_TAIL(&redis_commands, command, next);
    redis_reply_if_usual(command);
}

static void redis_on_read(struct bufferevent *stream, void *arg)
{
    struct redis_connection *connection = arg;
    struct evbuffer *in = bufferevent_get_input(stream);
    size_t len = evbuffer_get_length(in);
    void *words;

    redisReaderFeed(connection->reader, (char *)evbuffer_pullup(in, -1), len);
    evbuffer_drain(in, len);
    for (;;) {
        ck_assert_int_eq(redisReaderGetReply(connection->reader, &words),
                         REDIS_OK);
        if (words == NULL)
            return;
        redis_command_new(connection, words);
    }
}

static void redis_on_end(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    (void)what;
    redis_connection_free(arg);
}

static void redis_on_connection(struct evconnlistener *listener,
                                evutil_socket_t fd, struct sockaddr *address,
                                int len, void *arg)
{
    struct redis_connection *connection = wsub_calloc(1, sizeof(*connection));

    (void)listener;
    (void)address;
    (void)len;
    (void)arg;
    connection->reader = redisReaderCreate();
    connection->stream =
        bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(connection->stream, redis_on_read, NULL, redis_on_end,
                      connection);
    bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
    LIST_INSERT_HEAD(&redis_connections, connection, next);
}

static void redis_listen(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(redis_folder, sizeof(redis_folder), "/tmp/websubd-redis-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(redis_folder));
    snprintf(redis_path, sizeof(redis_path), "%s/socket", redis_folder);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", redis_path);
    snprintf(redis_url, sizeof(redis_url), "unix://%s", redis_path);
    LIST_INIT(&redis_connections);
    TAILQ_INIT(&redis_commands);
    redis_held = NULL;
    redis_begin_us = wsub_now_us();
    redis_listener = evconnlistener_new_bind(
        base, redis_on_connection, NULL,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
        (struct sockaddr *)&address, sizeof(address));
    ck_assert_ptr_nonnull(redis_listener);
}

/* Makes the loop, the settings and Redis; a test that wants a store of its own
 * needs no more. */
REDIS_FIXTURE void redis_set_up(void)
{
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    loop = wsub_loop_new(DEADLINE_MS);
    base = wsub_loop_base(loop);
    redis_listen();
    config = (struct wsub_config){
        .redis_url = redis_url,
        .registry_redis_url = redis_empty,
        .alert_url = redis_empty,
        .alert_secret = redis_empty,
        .alert_interval_s = 10,
        .key_prefix = redis_prefix,
        .instance_name = redis_name,
        .site = redis_empty,
        .heartbeat_interval_ms = DEADLINE_MS,
        .heartbeat_timeout_ms = 4 * DEADLINE_MS,
        .heartbeat_check_interval_ms = DEADLINE_MS,
        .initial_reregister_interval_ms = DEADLINE_MS,
        .normal_reregister_interval_ms = DEADLINE_MS,
        .retry_reregister_interval_ms = DEADLINE_MS,
        .max_backoff_interval_ms = DEADLINE_MS,
        .verification_timeout_ms = DEADLINE_MS,
        .failure_notification_threshold = 3,
        .max_consecutive_failures = 5,
        .cluster_events_topic = redis_events,
        .cluster_events_kept = 100,
        .group_watch_interval_ms = DEADLINE_MS,
        .group_poll_interval_s = 3600,
        .shard_lease_ms = 3000,
        .public_url = redis_empty,
        .dns_servers = redis_empty,
        .topic_deny = redis_empty,
        .allow_networks = redis_empty,
        .deny_networks = redis_empty,
        .callback_ports = redis_all_ports,
        .shards = 1,
        .redis_timeout_ms = DEADLINE_MS,
        .timeout_ms = DEADLINE_MS,
        .connect_timeout_ms = DEADLINE_MS,
        .retention_s = 3600,
        .dead_letter_retention_s = 7200,
        .fanout_backlog = 1000,
        .max_body_bytes = 1000,
        .max_attempts = 3,
        .undecodable_max_tries = 5,
        .retry_base_ms = 1000,
        .retry_cap_ms = 1000,
    };
}

/* Makes a store of so many shards, too, and waits until it is up and knows
 * Redis' time. */
REDIS_FIXTURE void redis_set_up_shards(unsigned shards)
{
    char err_text[256];

    redis_set_up();
    config.shards = shards;
    ck_assert_int_eq(wsub_store_new(
                         &(struct wsub_store_options){
                             .base = base,
                             .config = &config,
                         },
                         err_text, &store),
                     WSUB_OK);
    WAIT_FOR(base, wsub_store_up(store) && wsub_store_time_ms(store) != 0);
}

/* The same with one shard. */
REDIS_FIXTURE void redis_set_up_store(void)
{
    redis_set_up_shards(1);
}

/* Drops all connections; the store comes back by itself. */
REDIS_FIXTURE void redis_drop(void)
{
    while (!LIST_EMPTY(&redis_connections))
        redis_connection_free(LIST_FIRST(&redis_connections));
}

/* The store is closed or freed before the parts that use it; this frees the
 * rest. */
REDIS_FIXTURE void redis_tear_down(void)
{
    wsub_store_free(store);
    store = NULL;
    redis_drop();
    evconnlistener_free(redis_listener);
    wsub_loop_free(loop);
    unlink(redis_path);
    rmdir(redis_folder);
}

/* A command of that name that waits for its reply, the oldest; or NULL. */
REDIS_FIXTURE struct redis_command *redis_find(const char *name)
{
    struct redis_command *command;

    TAILQ_FOREACH(command, &redis_commands, next)
    if (command->reply == NULL && strcmp(command->name, name) == 0)
        return command;
    return NULL;
}

/* The same, once there is one. */
REDIS_FIXTURE struct redis_command *redis_wait(const char *name)
{
    WAIT_FOR(base, redis_find(name) != NULL);
    return redis_find(name);
}

static bool redis_has_arg(const struct redis_command *command, const char *text)
{
    for (size_t i = 0; redis_arg(command, i) != NULL; i++)
        if (strcmp(redis_arg(command, i), text) == 0)
            return true;
    return false;
}

/* A command of that name, with that text among its arguments, that waits for
 * its reply; or NULL. */
REDIS_FIXTURE struct redis_command *redis_find_with(const char *name,
                                                    const char *text)
{
    struct redis_command *command;

    TAILQ_FOREACH(command, &redis_commands, next)
    if (command->reply == NULL && strcmp(command->name, name) == 0 &&
        redis_has_arg(command, text))
        return command;
    return NULL;
}

/* The same, once there is one. */
REDIS_FIXTURE struct redis_command *redis_wait_with(const char *name,
                                                    const char *text)
{
    WAIT_FOR(base, redis_find_with(name, text) != NULL);
    return redis_find_with(name, text);
}

/* The loop turns for so long, in which something is not to happen. */
REDIS_FIXTURE void redis_turn_ms(uint64_t ms)
{
    uint64_t end_ms = wsub_now_ms() + ms;

    while (wsub_now_ms() < end_ms) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        poll(NULL, 0, 1);
    }
}

/* What is on its way between store and Redis arrives. */
REDIS_FIXTURE void redis_turn_some(void)
{
    for (int i = 0; i < 10; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* How many commands of that name wait for their reply. */
REDIS_FIXTURE unsigned redis_count(const char *name)
{
    const struct redis_command *command;
    unsigned count = 0;

    TAILQ_FOREACH(command, &redis_commands, next)
    count += command->reply == NULL && strcmp(command->name, name) == 0;
    return count;
}

/* The shard whose keys the command names. */
REDIS_FIXTURE unsigned redis_shard(const struct redis_command *command)
{
    size_t at = command->first == 1 ? 1 : command->first - 1;
    const char *number = strchr(command->words->element[at]->str, '{');

    ck_assert_ptr_nonnull(number);
    return (unsigned)strtoul(number + 1, NULL, 10);
}

/* Texts as an array goes over the wire, up to NULL; valid until the next
 * call. */
REDIS_FIXTURE const char *redis_array(const char *const texts[])
{
    static char wire[4096];
    size_t count = 0, used;

    while (texts[count] != NULL)
        count++;
    used = (size_t)snprintf(wire, sizeof(wire), "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_lt(used + strlen(texts[i]) + 32, sizeof(wire));
        used += (size_t)snprintf(wire + used, sizeof(wire) - used,
                                 "$%zu\r\n%s\r\n", strlen(texts[i]), texts[i]);
    }
    return wire;
}

static void redis_on_drained(void *arg)
{
    wsub_loop_finish(arg, WSUB_EXIT_OK);
}

static void redis_on_drain(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    raise(SIGTERM);
}

/* From now on the loop drains; it turns only while the test waits, as
 * before. */
REDIS_FIXTURE void redis_drain_loop(void)
{
    event_base_once(base, -1, EV_TIMEOUT, redis_on_drain, NULL, NULL);
    wsub_loop_run(loop, redis_on_drained, loop);
    ck_assert(wsub_loop_draining(loop));
}

/* Compares the command's arguments, up to NULL. */
REDIS_FIXTURE void redis_check_args(const struct redis_command *command,
                                    const char *const args[])
{
    size_t count = 0;

    for (; args[count] != NULL; count++)
        ck_assert_str_eq(redis_arg(command, count), args[count]);
    ck_assert_ptr_null(redis_arg(command, count));
}

#endif
