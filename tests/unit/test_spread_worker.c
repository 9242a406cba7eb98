/* test_spread_worker.c - the spreader's parts together, up and down, by
 * spreader/worker.h. */
#include "spreader/worker.h"

#include <signal.h>

#include "common/base/timer.h"
#include "tests/unit/redis_fixture.h"

static struct spread_worker *worker;
static struct wsub_timer ending;

static void set_up(void)
{
    redis_set_up();
}

static void tear_down(void)
{
    wsub_timer_done(&ending);
    spread_worker_free(worker);
    worker = NULL;
    redis_tear_down();
}

static void build(void)
{
    char err_text[256];

    ck_assert_int_eq(spread_worker_new(&config, loop, err_text, &worker),
                     WSUB_OK);
    spread_worker_start(worker, "");
}

static void on_ending(void *arg)
{
    (void)arg;
    raise(SIGTERM);
}

/* Ends the reads, as Redis does when they are unblocked. */
static void on_drain(void *arg)
{
    struct redis_command *read;

    spread_worker_drain(arg);
    while ((read = redis_find("XREADGROUP")) != NULL)
        redis_reply(read, "*-1\r\n");
}

START_TEST(a_worker_is_ready_while_redis_is_there)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    build();
    ck_assert(!spread_worker_ready(worker, reason));
    ck_assert_str_eq(reason, "Redis is not reached");
    redis_wait("XREADGROUP");
    ck_assert(spread_worker_ready(worker, reason));
}
END_TEST

START_TEST(a_worker_that_holds_nothing_leaves_when_it_drains)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    config.shards = 3;
    build();
    WAIT_FOR(base, redis_count("XREADGROUP") == config.shards);
    wsub_timer_init(&ending, base, on_ending, NULL);
    wsub_timer_start_ms(&ending, 0);
    ck_assert_int_eq(wsub_loop_run(loop, on_drain, worker), WSUB_EXIT_OK);
    ck_assert(!spread_worker_ready(worker, reason));
    ck_assert_str_eq(reason, "draining");
}
END_TEST

START_TEST(a_bad_address_of_redis_is_told)
{
    static char url[] = "nonsense";
    char err_text[256];

    config.redis_url = url;
    ck_assert_int_eq(spread_worker_new(&config, loop, err_text, &worker),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "redis_url"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("spread_worker");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_worker_is_ready_while_redis_is_there);
    tcase_add_test(cases, a_worker_that_holds_nothing_leaves_when_it_drains);
    tcase_add_test(cases, a_bad_address_of_redis_is_told);
    return suite_run("spread_worker", cases);
}
