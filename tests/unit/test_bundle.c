/* test_bundle.c - what is held for long is kept from being taken over:
 * deliver/bundle.h.  The rest of it is tested by test_settle_args.c. */
#include "deliver/bundle.h"

#include "tests/unit/redis_fixture.h"

#define TAKEOVER_IDLE_MS 2000
#define HELD 300

static struct deliver_bundles *bundles;
static struct deliver_job jobs[HELD];

static void set_up(void)
{
    redis_set_up_shards(2);
    redis_held = "renew";
    memset(jobs, 0, sizeof(jobs));
    bundles = deliver_bundles_new(&(struct deliver_bundles_options){
        .store = store,
        .consumer = "me",
        .takeover_idle_ms = TAKEOVER_IDLE_MS,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_bundles_free(bundles);
    redis_tear_down();
}

/* Holds an entry that was claimed `age_ms` ago. */
static struct deliver_bundle *hold(enum deliver_lane lane, unsigned shard,
                                   unsigned number, uint64_t age_ms)
{
    char entry[16];
    struct deliver_bundle *bundle;

    snprintf(entry, sizeof(entry), "%u-0", number);
    bundle = deliver_bundle_new(bundles, lane, shard, entry, false);
    deliver_bundle_add(bundle, &jobs[number]);
    bundle->claimed_ms -= age_ms;
    return bundle;
}

static void renewed(unsigned shard, const char *const args[])
{
    struct redis_command *command = redis_wait("renew");

    ck_assert_uint_eq(redis_shard(command), shard);
    redis_check_args(command, args);
    redis_reply(command, ":1\r\n");
}

START_TEST(what_is_held_for_half_of_the_time_is_renewed)
{
    hold(DELIVER_LANE_OUTBOX, 0, 1, TAKEOVER_IDLE_MS / 2 + 1);
    hold(DELIVER_LANE_BULK, 0, 2, TAKEOVER_IDLE_MS / 2 + 1);
    hold(DELIVER_LANE_OUTBOX, 0, 3, 0);
    hold(DELIVER_LANE_BULK, 1, 4, TAKEOVER_IDLE_MS);
    deliver_bundles_renew(bundles);
    renewed(0, (const char *[]){"deliver", "me", "outbox", "1-0", "bulk", "2-0",
                                NULL});
    renewed(1, (const char *[]){"deliver", "me", "bulk", "4-0", NULL});
    deliver_bundles_renew(bundles); /* all are fresh */
    redis_turn_some();
    ck_assert_ptr_null(redis_find("renew"));
}
END_TEST

START_TEST(a_call_renews_256_entries_at_most)
{
    for (unsigned i = 0; i < HELD; i++)
        hold(DELIVER_LANE_OUTBOX, 0, i, TAKEOVER_IDLE_MS);
    deliver_bundles_renew(bundles);
    WAIT_FOR(base, redis_count("renew") == 2);
    ck_assert_ptr_null(redis_arg(redis_find("renew"), 2 + 2 * 256));
    redis_reply(redis_find("renew"), ":1\r\n");
    ck_assert_ptr_nonnull(
        redis_arg(redis_find("renew"), 2 + 2 * (HELD - 256) - 1));
}
END_TEST

START_TEST(nothing_is_renewed_while_redis_is_away)
{
    struct deliver_bundle *bundle =
        hold(DELIVER_LANE_OUTBOX, 0, 1, TAKEOVER_IDLE_MS);
    uint64_t claimed_ms = bundle->claimed_ms;

    redis_drop();
    WAIT_FOR(base, !wsub_store_up(store));
    deliver_bundles_renew(bundles);
    ck_assert_uint_eq(bundle->claimed_ms, claimed_ms);
    WAIT_FOR(base, wsub_store_up(store));
    deliver_bundles_renew(bundles);
    renewed(0, (const char *[]){"deliver", "me", "outbox", "1-0", NULL});
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("bundle");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_held_for_half_of_the_time_is_renewed);
    tcase_add_test(cases, a_call_renews_256_entries_at_most);
    tcase_add_test(cases, nothing_is_renewed_while_redis_is_away);
    return suite_run("bundle", cases);
}
