/* test_replicas.c - subscriptions to `*` come to every shard, and go:
 * deliver/replicas.h. */
#include "deliver/replicas.h"

#include "tests/unit/redis_fixture.h"

#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define RECORD "1 2000 900 12 - - http://s.example/cb"

static struct deliver_replicas *replicas;
static unsigned done;

static void on_done(void *arg)
{
    ck_assert_ptr_eq(arg, &done);
    done++;
}

static void set_up(void)
{
    done = 0;
    redis_set_up_shards(3);
    replicas = deliver_replicas_new(store);
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_replicas_free(replicas);
    redis_tear_down();
}

static void update(bool subscribed)
{
    deliver_replicas_update(
        replicas,
        &(struct deliver_replicas_change){.home = 1,
                                          .td = TD,
                                          .cd = CD,
                                          .subscribed = subscribed,
                                          .generation = 12},
        on_done, &done);
}

static void give_home(const char *record)
{
    struct redis_command *command = redis_wait("HMGET");

    ck_assert_uint_eq(redis_shard(command), 1);
    redis_check_args(command, (const char *[]){"w:{1}:sub:" TD, CD, NULL});
    redis_reply(command, record != NULL
                             ? redis_array((const char *[]){record, NULL})
                             : "*1\r\n$-1\r\n");
}

/* The next replica that is brought up to date. */
static void replicated(unsigned shard, const char *what, const char *record,
                       const char *expires)
{
    struct redis_command *command = redis_wait("replicate");

    ck_assert_uint_eq(redis_shard(command), shard);
    redis_check_args(command, (const char *[]){TD, CD, what, "12", record,
                                               expires, "3600", NULL});
    redis_reply(command, ":1\r\n");
}

START_TEST(every_other_shard_gets_the_record_of_home)
{
    update(true);
    give_home(RECORD);
    replicated(0, "s", RECORD, "2000");
    redis_turn_some();
    ck_assert_uint_eq(done, 0);
    replicated(2, "s", RECORD, "2000");
    WAIT_FOR(base, done == 1);
    ck_assert_ptr_null(redis_find("replicate"));
}
END_TEST

static const char *const others[] = {
    NULL, /* it has ended */
    "1 2000 900 13 - - http://s.example/cb",
    "1 2000 900 11 - - http://s.example/cb",
    "2 2000 900 12 - - http://s.example/cb",
    "nonsense",
};

START_TEST(nothing_is_done_when_home_has_another_record_by_now)
{
    update(true);
    give_home(others[_i]);
    WAIT_FOR(base, done == 1);
    ck_assert_ptr_null(redis_find("replicate"));
}
END_TEST

START_TEST(every_other_shard_loses_what_has_ended)
{
    update(false);
    replicated(0, "u", "", "0");
    replicated(2, "u", "", "0");
    WAIT_FOR(base, done == 1);
}
END_TEST

START_TEST(it_may_be_that_nobody_wants_to_know)
{
    deliver_replicas_update(
        replicas,
        &(struct deliver_replicas_change){
            .home = 1, .td = TD, .cd = CD, .generation = 12},
        NULL, NULL);
    replicated(0, "u", "", "0");
    replicated(2, "u", "", "0");
    redis_turn_some();
    ck_assert_ptr_null(redis_find("replicate"));
}
END_TEST

START_TEST(what_a_lost_link_left_is_repeated)
{
    update(true);
    give_home(RECORD);
    replicated(0, "s", RECORD, "2000");
    redis_turn_some();
    redis_drop();
    replicated(2, "s", RECORD, "2000");
    WAIT_FOR(base, done == 1);
}
END_TEST

START_TEST(what_waits_at_the_end_is_not_told)
{
    update(true);
    redis_wait("HMGET");
    update(false);
    redis_wait("replicate");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("replicas");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, every_other_shard_gets_the_record_of_home);
    tcase_add_loop_test(cases,
                        nothing_is_done_when_home_has_another_record_by_now, 0,
                        COUNT(others));
    tcase_add_test(cases, every_other_shard_loses_what_has_ended);
    tcase_add_test(cases, it_may_be_that_nobody_wants_to_know);
    tcase_add_test(cases, what_a_lost_link_left_is_repeated);
    tcase_add_test(cases, what_waits_at_the_end_is_not_told);
    return suite_run("replicas", cases);
}
