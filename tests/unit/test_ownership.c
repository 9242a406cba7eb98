/* test_ownership.c - which shards are claimed, kept and given up, by
 * common/cluster/ownership.h. */
#include "common/cluster/ownership.h"

#include "tests/unit/redis_fixture.h"

#define SHARDS 4
#define MINE "*2\r\n:1\r\n$1\r\n5\r\n"
#define OTHERS "*3\r\n:0\r\n$4\r\n3000\r\n$5\r\nother\r\n"
#define FENCED "-FENCED epoch 5 is over\r\n"

static struct wsub_ownership *ownership;
static bool owned[SHARDS];
static unsigned endings, stops; /* calls */
static bool ends_later;         /* the test calls wsub_ownership_ended() */

static void on_owned(const struct wsub_owned *shard, void *arg)
{
    (void)arg;
    ck_assert_uint_eq(shard->epoch, 5);
    owned[shard->shard] = true;
}

static void on_ending(unsigned shard, void *arg)
{
    (void)arg;
    endings++;
    owned[shard] = false;
    if (!ends_later)
        wsub_ownership_ended(ownership, shard);
}

static void on_stopped(void *arg)
{
    (void)arg;
    stops++;
}

static void set_up(void)
{
    memset(owned, 0, sizeof(owned));
    endings = stops = 0;
    ends_later = false;
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    redis_set_up_shards(SHARDS);
    config.shard_lease_ms = 300;
    config.heartbeat_interval_ms = 200;
    ownership = wsub_ownership_new(&(struct wsub_ownership_options){
        .base = base,
        .store = store,
        .config = &config,
        .on_owned = on_owned,
        .on_ending = on_ending,
        .on_stopped = on_stopped,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    wsub_ownership_free(ownership);
    redis_tear_down();
}

static void start(size_t spreaders)
{
    wsub_ownership_spreaders(ownership, spreaders);
    wsub_ownership_start(ownership, &(struct wsub_instance_ref){"me", 8});
}

static unsigned count(void)
{
    unsigned all = 0;

    for (int i = 0; i < SHARDS; i++)
        all += owned[i];
    return all;
}

START_TEST(nothing_is_claimed_before_the_process_is_registered)
{
    redis_held = "claim";
    wsub_ownership_look(ownership);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("claim"));
}
END_TEST

START_TEST(free_shards_are_claimed_up_to_the_share)
{
    redis_held = "claim";
    start(2);
    redis_check_args(redis_wait("claim"),
                     (const char *[]){"me", "8", "300", NULL});
    redis_turn_some();
    ck_assert_uint_eq(redis_count("claim"), 2);
    redis_reply(redis_find("claim"), MINE);
    redis_reply(redis_find("claim"), MINE);
    WAIT_FOR(base, count() == 2);
}
END_TEST

START_TEST(a_shard_that_is_somebody_s_is_left_alone)
{
    redis_held = "HKEYS";
    start(1);
    redis_reply(redis_wait("HKEYS"), "*2\r\n$1\r\n0\r\n$1\r\n3\r\n");
    WAIT_FOR(base, count() == 2);
    ck_assert(owned[1] && owned[2]);
    wsub_ownership_look(ownership);
    redis_reply(redis_wait("HKEYS"), "*2\r\n$1\r\n0\r\n$1\r\n3\r\n");
    redis_turn_ms(20);
    ck_assert_uint_eq(count(), 2);
}
END_TEST

START_TEST(a_claim_that_comes_too_late_is_no_ownership)
{
    redis_held = "claim";
    start(1);
    for (int i = 0; i < SHARDS; i++)
        redis_reply(redis_wait("claim"), OTHERS);
    redis_turn_some();
    ck_assert_uint_eq(count(), 0);
}
END_TEST

START_TEST(what_is_owned_is_extended_and_lost_when_redis_says_so)
{
    redis_held = "extend";
    start(4);
    WAIT_FOR(base, count() == 1);
    redis_check_args(redis_wait("extend"), (const char *[]){"5", "300", NULL});
    redis_reply(redis_find("extend"), "$1\r\n5\r\n");
    redis_held = "claim";
    redis_turn_ms(50);
    redis_held = "extend";
    redis_reply(redis_wait("extend"), FENCED);
    WAIT_FOR(base, endings == 1);
    WAIT_FOR(base, count() == 1); /* it claims another one */
}
END_TEST

START_TEST(an_extension_that_could_not_be_sent_is_tried_again)
{
    redis_held = "extend";
    start(4);
    redis_wait("extend");
    redis_drop();
    redis_wait("extend");
    ck_assert_uint_eq(endings, 0);
}
END_TEST

START_TEST(a_script_of_the_owner_that_is_refused_ends_the_ownership)
{
    start(4);
    WAIT_FOR(base, count() == 1);
    for (unsigned i = 0; i < SHARDS; i++)
        if (owned[i]) {
            wsub_ownership_fenced(ownership, &(struct wsub_owned){i, 4});
            ck_assert_uint_eq(endings, 0); /* of an earlier epoch */
            redis_held = "release";
            wsub_ownership_fenced(ownership, &(struct wsub_owned){i, 5});
            break;
        }
    ck_assert_uint_eq(endings, 1);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("release"));
}
END_TEST

/* All others have their share and would not ask its row. */
START_TEST(the_hint_of_a_lost_shard_goes_before_anybody_looks)
{
    start(4);
    WAIT_FOR(base, count() == 1);
    redis_held = "HDEL";
    for (unsigned i = 0; i < SHARDS; i++)
        if (owned[i])
            wsub_ownership_fenced(ownership, &(struct wsub_owned){i, 5});
    redis_wait("HDEL");
    redis_held = "HKEYS";
    redis_reply(redis_find("HDEL"), ":1\r\n");
    redis_wait("HKEYS");
}
END_TEST

START_TEST(the_surplus_is_handed_over_one_after_the_other)
{
    start(1);
    WAIT_FOR(base, count() == SHARDS);
    redis_held = "release";
    wsub_ownership_spreaders(ownership, 2);
    redis_check_args(redis_wait("release"), (const char *[]){"5", NULL});
    ck_assert_uint_eq(endings, 1);
    redis_reply(redis_find("release"), "$1\r\n5\r\n");
    redis_held = "HKEYS";
    wsub_ownership_look(ownership);
    redis_reply(redis_wait("HKEYS"), "*3\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\n2\r\n");
    redis_turn_ms(20);
    ck_assert_uint_eq(endings, 1); /* until somebody has claimed it */
    wsub_ownership_look(ownership);
    redis_reply(redis_wait("HKEYS"),
                "*4\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
    WAIT_FOR(base, endings == 2);
    wsub_ownership_look(ownership);
    redis_turn_ms(20);
    ck_assert_uint_eq(endings, 2);
    ck_assert_uint_eq(count(), 2);
}
END_TEST

START_TEST(what_nobody_claims_is_taken_back)
{
    start(1);
    WAIT_FOR(base, count() == SHARDS);
    wsub_ownership_spreaders(ownership, 2);
    WAIT_FOR(base, endings == 1);
    WAIT_FOR(base, count() == SHARDS);
    wsub_ownership_look(ownership);
    redis_turn_ms(20);
    ck_assert_uint_eq(endings, 1); /* nor is another one handed over at once */
}
END_TEST

START_TEST(a_shard_is_released_when_its_calls_are_over)
{
    start(1);
    WAIT_FOR(base, count() == SHARDS);
    redis_held = "release";
    ends_later = true;
    wsub_ownership_spreaders(ownership, 2);
    WAIT_FOR(base, endings == 1);
    redis_turn_ms(20);
    ck_assert_ptr_null(redis_find("release"));
    wsub_ownership_ended(ownership, SHARDS - 1);
    redis_wait("release");
}
END_TEST

START_TEST(a_stop_releases_all)
{
    start(1);
    WAIT_FOR(base, count() == SHARDS);
    redis_held = "release";
    wsub_ownership_stop(ownership);
    for (int i = 0; i < SHARDS; i++) {
        ck_assert_uint_eq(stops, 0);
        redis_reply(redis_wait("release"), "$1\r\n5\r\n");
    }
    WAIT_FOR(base, stops == 1);
    wsub_ownership_look(ownership);
    redis_turn_ms(20);
    ck_assert_uint_eq(count(), 0);
}
END_TEST

START_TEST(a_stop_waits_for_claims_that_are_on_their_way)
{
    redis_held = "claim";
    start(4);
    redis_wait("claim");
    wsub_ownership_stop(ownership);
    ck_assert_uint_eq(stops, 0);
    redis_reply(redis_find("claim"), MINE);
    WAIT_FOR(base, stops == 1);
    ck_assert_uint_eq(count(), 0);
}
END_TEST

START_TEST(a_stop_does_not_wait_for_a_redis_that_is_away)
{
    start(1);
    WAIT_FOR(base, count() == SHARDS);
    redis_held = "release";
    ends_later = true; /* calls are under way */
    wsub_ownership_stop(ownership);
    ck_assert_uint_eq(stops, 0);
    evconnlistener_disable(redis_listener);
    redis_drop();
    WAIT_FOR(base, stops == 1);
}
END_TEST

START_TEST(a_stop_without_shards_is_over_at_once)
{
    wsub_ownership_stop(ownership);
    ck_assert_uint_eq(stops, 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ownership");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, nothing_is_claimed_before_the_process_is_registered);
    tcase_add_test(cases, free_shards_are_claimed_up_to_the_share);
    tcase_add_test(cases, a_shard_that_is_somebody_s_is_left_alone);
    tcase_add_test(cases, a_claim_that_comes_too_late_is_no_ownership);
    tcase_add_test(cases,
                   what_is_owned_is_extended_and_lost_when_redis_says_so);
    tcase_add_test(cases, an_extension_that_could_not_be_sent_is_tried_again);
    tcase_add_test(cases,
                   a_script_of_the_owner_that_is_refused_ends_the_ownership);
    tcase_add_test(cases, the_hint_of_a_lost_shard_goes_before_anybody_looks);
    tcase_add_test(cases, the_surplus_is_handed_over_one_after_the_other);
    tcase_add_test(cases, what_nobody_claims_is_taken_back);
    tcase_add_test(cases, a_shard_is_released_when_its_calls_are_over);
    tcase_add_test(cases, a_stop_releases_all);
    tcase_add_test(cases, a_stop_waits_for_claims_that_are_on_their_way);
    tcase_add_test(cases, a_stop_does_not_wait_for_a_redis_that_is_away);
    tcase_add_test(cases, a_stop_without_shards_is_over_at_once);
    return suite_run("ownership", cases);
}
