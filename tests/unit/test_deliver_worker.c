/* test_deliver_worker.c - deliver's parts together, up and down, by
 * deliver/worker.h. */
#include "deliver/worker.h"

#include <sys/stat.h>

#include "common/base/timer.h"
#include "common/crypto/digest.h"
#include "tests/unit/subscriber_fixture.h"

#define EVENT "900000-0"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define OUTBOX "w:{0}:outbox"
#define VERIFY "w:{0}:verify"

static struct deliver_worker *worker;
static char hub_url[] = "http://hub.example/";
static struct wsub_timer beat;
static char signature_hash[] = "sha256";
static unsigned entries; /* that were given: 5-0, 5-1 ... */
static char ready_reason[WSUB_STATUS_REASON_BYTES]; /* as it began to drain */

static void set_up(void)
{
    redis_set_up();
    config.public_url = hub_url;
    config.secret_keys_file = redis_empty;
    config.concurrency = 100;
    config.per_host = 10;
    config.per_callback = 10;
    config.suspend_after = 100;
    config.max_crashes = 3;
    config.signature_hash = signature_hash;
    config.allow_private_networks = true;
    subscriber_set_up();
}

static void tear_down(void)
{
    wsub_timer_done(&beat);
    deliver_worker_free(worker);
    worker = NULL;
    subscriber_tear_down();
    redis_tear_down();
}

static void build(void)
{
    char err_text[256];

    ck_assert_int_eq(deliver_worker_new(&config, loop, err_text, &worker),
                     WSUB_OK);
    deliver_worker_start(worker, "");
}

/* An entry of names and values comes to the reader of the stream. */
static void give_entry(const char *stream, const char *const words[])
{
    struct redis_command *read = redis_wait_with("XREADGROUP", stream);
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "*1\r\n*2\r\n$%zu\r\n%s\r\n*1\r\n*2\r\n",
                    strlen(stream), stream);
    wsub_buf_printf(&text, "$3\r\n5-%u\r\n%s", entries++, redis_array(words));
    redis_reply(read, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

static void give_event(void)
{
    struct redis_command *command = redis_wait("XRANGE");
    struct wsub_buf text = {0};

    wsub_buf_printf(&text, "*1\r\n*2\r\n$3\r\n1-0\r\n%s",
                    redis_array((const char *[]){"v", "1", "t", "a", "ct",
                                                 "x/y", "b", "body", NULL}));
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

static void give_record(void)
{
    struct redis_command *command = redis_wait("HMGET");
    char record[300];

    snprintf(record, sizeof(record), "1 99999 900 12 - %s -",
             subscriber_callback());
    redis_reply(command, redis_array((const char *[]){record, NULL}));
}

static void give_job_of(const char *event)
{
    give_entry(OUTBOX, (const char *[]){"e", event, "c", CD, NULL});
    give_event();
    give_record();
}

static void give_job(void)
{
    give_job_of(EVENT);
}

static void on_terminate(void *arg)
{
    (void)arg;
    raise(SIGTERM);
}

/* What Redis and the subscriber do while the loop runs by itself. */
static void on_beat(void *arg)
{
    static const struct {
        const char *name, *reply;
    } replies[] = {{"XREADGROUP", "*-1\r\n"},
                   {"settle", ":1\r\n"},
                   {"attempts", ":1\r\n"},
                   {"verified", "$7\r\napplied\r\n"}};
    struct redis_command *command;

    (void)arg;
    for (int i = 0; i < COUNT(replies); i++)
        while ((command = redis_find(replies[i].name)) != NULL)
            redis_reply(command, replies[i].reply);
    subscriber_go_on();
}

static void on_drain(void *arg)
{
    deliver_worker_ready(arg, ready_reason);
    deliver_worker_drain(arg);
}

/* Sends SIGTERM; returns the exit code. */
static enum wsub_exit drain(void)
{
    struct wsub_timer end = {0};
    enum wsub_exit code;

    wsub_timer_init(&end, base, on_terminate, NULL);
    wsub_timer_start_ms(&end, 0);
    wsub_timer_every_ms(&beat, base, 20, on_beat, NULL);
    code = wsub_loop_run(loop, on_drain, worker);
    wsub_timer_done(&end);
    return code;
}

START_TEST(a_worker_is_ready_while_redis_is_there)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    build();
    ck_assert(!deliver_worker_ready(worker, reason));
    ck_assert_str_eq(reason, "Redis is not reached");
    redis_wait("XREADGROUP");
    ck_assert(deliver_worker_ready(worker, reason));
}
END_TEST

START_TEST(without_the_hubs_address_nothing_is_claimed)
{
    char reason[WSUB_STATUS_REASON_BYTES] = "";

    config.public_url = redis_empty;
    build();
    WAIT_FOR(base, !deliver_worker_ready(worker, reason) &&
                       strstr(reason, "public URL") != NULL);
    ck_assert_ptr_null(redis_find("XREADGROUP"));
    config.public_url = hub_url; /* as the hub writes it to Redis */
    redis_wait("XREADGROUP");    /* with the next tick */
    ck_assert(deliver_worker_ready(worker, reason));
}
END_TEST

START_TEST(a_job_goes_all_the_way)
{
    struct redis_command *command;

    build();
    give_job();
    command = redis_wait("settle");
    redis_check_args(command, (const char *[]){"job", "outbox", "5-0", "done",
                                               EVENT, "1", NULL});
    redis_reply(command, ":1\r\n");
    ck_assert_str_eq(subscriber_body, "body");
    ck_assert_str_eq(subscriber_agent,
                     "websubd/" WSUB_VERSION " (+http://hub.example/)");
    ck_assert_str_eq(subscriber_link, "<http://hub.example/>; rel=\"hub\", "
                                      "<a>; rel=\"self\"");
}
END_TEST

START_TEST(a_verification_goes_all_the_way)
{
    struct redis_command *command;

    build();
    give_entry(VERIFY, (const char *[]){"q", TD ":" CD ":s", "g", "12", NULL});
    redis_wait("HGETALL");
    redis_reply(
        redis_find("HGETALL"),
        redis_array((const char *[]){"g", "12", "tg", "a", "c",
                                     subscriber_callback(), "l", "900", NULL}));
    command = redis_wait("verified");
    ck_assert_str_eq(redis_arg(command, 4), "confirmed");
    redis_reply(command, "$7\r\napplied\r\n");
}
END_TEST

START_TEST(a_job_whose_host_has_no_token_starts_when_one_comes)
{
    config.per_host_rate = 10;
    build();
    give_job();
    redis_reply(redis_wait("settle"), ":1\r\n");
    give_job_of("900001-0");
    redis_wait("HMGET"); /* again, when it has waited */
}
END_TEST

START_TEST(parked_jobs_come_back_when_their_host_has_capacity)
{
    config.concurrency = 8; /* a quarter may wait for a host */
    config.per_host = 1;
    build();
    subscriber_holds = true;
    give_job();
    WAIT_FOR(base, subscriber_held_count == 1);
    give_job_of("900001-0");
    give_job_of("900002-0");
    give_job_of("900003-0");
    ck_assert_str_eq(redis_arg(redis_wait("settle"), 3), "park");
    redis_reply(redis_find("settle"), ":1\r\n");
    redis_turn_some();
    subscriber_go_on();
    redis_reply(redis_wait("settle"), ":1\r\n");
    give_record(); /* of the first that waited */
    redis_reply(redis_wait("settle"), ":1\r\n");
    redis_wait("unpark");
}
END_TEST

START_TEST(a_worker_that_holds_nothing_leaves_when_it_drains)
{
    config.shards = 3;
    build();
    WAIT_FOR(base, redis_count("XREADGROUP") == 2 * config.shards);
    ck_assert_int_eq(drain(), WSUB_EXIT_OK);
    ck_assert_str_eq(ready_reason, "draining");
}
END_TEST

START_TEST(what_is_in_flight_is_finished_before_a_worker_leaves)
{
    build();
    subscriber_holds = true;
    give_job();
    WAIT_FOR(base, subscriber_held_count == 1);
    ck_assert_int_eq(drain(), WSUB_EXIT_OK);
    ck_assert_uint_eq(subscriber_requests, 1);
}
END_TEST

START_TEST(a_worker_may_end_with_work_in_flight)
{
    build();
    subscriber_holds = true;
    give_job();
    WAIT_FOR(base, subscriber_held_count == 1);
    give_entry(VERIFY, (const char *[]){"q", TD ":" CD ":s", "g", "12", NULL});
    redis_wait("HGETALL");
}
END_TEST

START_TEST(a_bad_address_of_redis_is_told)
{
    static char url[] = "nonsense";
    char err_text[256];

    config.redis_url = url;
    ck_assert_int_eq(deliver_worker_new(&config, loop, err_text, &worker),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "redis_url"));
}
END_TEST

START_TEST(a_bad_file_of_keys_is_told)
{
    static char path[] = "/nowhere/keys";
    char err_text[256] = "";

    config.secret_keys_file = path;
    ck_assert_int_ne(deliver_worker_new(&config, loop, err_text, &worker),
                     WSUB_OK);
    ck_assert_ptr_nonnull(strstr(err_text, path));
}
END_TEST

static void on_no_drain(void *arg)
{
    (void)arg;
}

START_TEST(a_redis_that_must_not_be_used_ends_the_program)
{
    redis_held = "CONFIG";
    build();
    redis_reply(
        redis_wait("CONFIG"),
        redis_array((const char *[]){"maxmemory-policy", "allkeys-lru", NULL}));
    ck_assert_int_eq(wsub_loop_run(loop, on_no_drain, NULL), WSUB_EXIT_START);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("deliver_worker");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_worker_is_ready_while_redis_is_there);
    tcase_add_test(cases, without_the_hubs_address_nothing_is_claimed);
    tcase_add_test(cases, a_job_goes_all_the_way);
    tcase_add_test(cases, a_verification_goes_all_the_way);
    tcase_add_test(cases, a_job_whose_host_has_no_token_starts_when_one_comes);
    tcase_add_test(cases, parked_jobs_come_back_when_their_host_has_capacity);
    tcase_add_test(cases, a_worker_that_holds_nothing_leaves_when_it_drains);
    tcase_add_test(cases, what_is_in_flight_is_finished_before_a_worker_leaves);
    tcase_add_test(cases, a_worker_may_end_with_work_in_flight);
    tcase_add_test(cases, a_bad_address_of_redis_is_told);
    tcase_add_test(cases, a_bad_file_of_keys_is_told);
    tcase_add_test(cases, a_redis_that_must_not_be_used_ends_the_program);
    return suite_run("deliver_worker", cases);
}
