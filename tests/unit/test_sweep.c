/* test_sweep.c - when shards are swept, by spreader/sweep.h. */
#include "spreader/sweep.h"

#include "tests/unit/redis_fixture.h"

#define NOTHING "*4\r\n:0\r\n:0\r\n:0\r\n:0\r\n"
#define MORE "*4\r\n:200\r\n:0\r\n:0\r\n:1\r\n"

static struct spread_sweeper *sweeper;

static void set_up(void)
{
    redis_set_up_store();
    redis_held = "sweep";
    sweeper = spread_sweeper_new(&(struct spread_sweeper_options){
        .loop = loop, .store = store, .config = &config});
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_sweeper_free(sweeper);
    redis_tear_down();
}

/* Returns how long after the reply to one sweep the next one comes. */
static uint64_t pause_ms(const char *reply)
{
    uint64_t begin_ms;

    redis_reply(redis_wait("sweep"), reply);
    begin_ms = wsub_now_ms();
    redis_wait("sweep");
    return wsub_now_ms() - begin_ms;
}

/* The first sweep comes after a second: what it says and what follows it are
 * looked at together. */
START_TEST(a_shard_is_swept_again_after_a_while_or_at_once_when_there_is_more)
{
    redis_check_args(redis_wait("sweep"),
                     (const char *[]){"3600000", "7200000", "200", NULL});
    for (int i = 0; i < 20; i++)
        redis_reply(redis_wait("sweep"), MORE);
    ck_assert_uint_ge(pause_ms(NOTHING), 900);
}
END_TEST

START_TEST(sweeps_go_on_after_a_refusal_and_when_the_link_is_back)
{
    ck_assert_uint_ge(pause_ms("-ERR refused\r\n"), 900);
    redis_drop();
    redis_wait("sweep");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("sweep");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(
        cases,
        a_shard_is_swept_again_after_a_while_or_at_once_when_there_is_more);
    tcase_add_test(cases,
                   sweeps_go_on_after_a_refusal_and_when_the_link_is_back);
    return suite_run("sweep", cases);
}
