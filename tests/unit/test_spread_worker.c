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

START_TEST(a_worker_is_ready_while_redis_is_there)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    build();
    ck_assert(!spread_worker_ready(worker, reason));
    ck_assert_str_eq(reason, "Redis is not reached");
    redis_wait_with("XREAD", "w:{0}:log");
    ck_assert(spread_worker_ready(worker, reason));
}
END_TEST

START_TEST(a_worker_that_drains_releases_its_shards_and_leaves)
{
    char reason[WSUB_STATUS_REASON_BYTES];

    config.shards = 3;
    build();
    for (unsigned i = 0; i < config.shards; i++) {
        char key[24];

        snprintf(key, sizeof(key), "w:{%u}:log", i);
        redis_wait_with("XREAD", key);
    }
    wsub_timer_init(&ending, base, on_ending, NULL);
    wsub_timer_start_ms(&ending, 0);
    ck_assert_int_eq(wsub_loop_run(loop, spread_worker_drain, worker),
                     WSUB_EXIT_OK);
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
    tcase_add_test(cases, a_worker_that_drains_releases_its_shards_and_leaves);
    tcase_add_test(cases, a_bad_address_of_redis_is_told);
    return suite_run("spread_worker", cases);
}
