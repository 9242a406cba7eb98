/* test_settle.c - when outcomes go to Redis, and which of them together:
 * deliver/settle.h. */
#include "deliver/settle.h"

#include "deliver/slots.h"
#include "tests/unit/redis_fixture.h"

#define EVENT "1700000000000-0"
#define SLOTS 32 /* a batch is an eighth: 4 jobs */
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define TD "TTTTTTTTTTTTTTTTTTTTTT"

static struct deliver_slots *slots;
static struct deliver_bundles *bundles;
static struct deliver_settler *settler;
static struct deliver_job jobs[400];
static unsigned job_count, settled;
static struct deliver_slot_wait short_of;

static void on_settled(struct deliver_job *job, void *arg)
{
    ck_assert_ptr_eq(arg, &settled);
    settled++;
    deliver_bundle_drop(job);
}

static void on_idle(void *arg)
{
    (void)arg;
}

static void on_slot(struct deliver_slot_wait *wait)
{
    (void)wait;
}

static void set_up(void)
{
    job_count = settled = 0;
    memset(jobs, 0, sizeof(jobs));
    redis_set_up_shards(2);
    slots = deliver_slots_new(&(struct deliver_slots_options){
        .total = SLOTS,
        .limits = {SLOTS, SLOTS},
        .on_idle = on_idle,
    });
    bundles = deliver_bundles_new(&(struct deliver_bundles_options){0});
    settler = deliver_settler_new(&(struct deliver_settler_options){
        .loop = loop,
        .store = store,
        .slots = slots,
        .on_settled = on_settled,
        .arg = &settled,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_settler_free(settler);
    deliver_bundles_free(bundles);
    deliver_slots_free(slots);
    redis_tear_down();
}

/* Holds an entry of so many jobs; returns the first. */
static struct deliver_job *hold(unsigned shard, const char *entry,
                                unsigned count)
{
    struct deliver_bundle *bundle =
        deliver_bundle_new(bundles, DELIVER_LANE_OUTBOX, shard, entry, false);
    struct deliver_job *first = &jobs[job_count];

    for (unsigned i = 0; i < count; i++) {
        struct deliver_job *job = &jobs[job_count++];

        snprintf(job->event_id, sizeof(job->event_id), EVENT);
        snprintf(job->cd, sizeof(job->cd), CD);
        snprintf(job->td, sizeof(job->td), TD);
        deliver_bundle_add(bundle, job);
    }
    return first;
}

static void end(struct deliver_job *job, enum wsub_outcome outcome)
{
    job->outcome = outcome;
    deliver_settle(settler, job);
}

static void delivered(struct deliver_job *job)
{
    end(job, WSUB_OUTCOME_DONE);
}

/* The next call, which has this many arguments before NULL. */
static struct redis_command *sent(const char *const args[])
{
    struct redis_command *command = redis_wait("settle");

    redis_check_args(command, args);
    return command;
}

static void reply(struct redis_command *command, unsigned count)
{
    unsigned before = settled;

    redis_reply(command, ":1\r\n");
    WAIT_FOR(base, settled == before + count);
}

START_TEST(what_was_delivered_waits_a_moment_for_others)
{
    struct redis_command *command;

    delivered(hold(0, "1-0", 1));
    delivered(hold(0, "2-0", 1));
    ck_assert_uint_eq(settled, 0);
    command =
        sent((const char *[]){"job", "outbox", "1-0", "done", EVENT, "1", "job",
                              "outbox", "2-0", "done", EVENT, "1", NULL});
    reply(command, 2);
    ck_assert_uint_eq(deliver_bundles_count(bundles), 0);
}
END_TEST

START_TEST(shards_have_calls_of_their_own)
{
    delivered(hold(0, "1-0", 1));
    delivered(hold(1, "2-0", 1));
    WAIT_FOR(base, redis_count("settle") == 2);
    ck_assert_uint_eq(redis_shard(redis_find("settle")), 0);
    reply(redis_find("settle"), 1);
    ck_assert_uint_eq(redis_shard(redis_find("settle")), 1);
    reply(redis_find("settle"), 1);
}
END_TEST

START_TEST(one_call_of_a_shard_is_under_way_at_a_time)
{
    struct redis_command *command;

    delivered(hold(0, "1-0", 1));
    command = sent(
        (const char *[]){"job", "outbox", "1-0", "done", EVENT, "1", NULL});
    delivered(hold(0, "2-0", 1));
    end(hold(0, "3-0", 1), WSUB_OUTCOME_MISS);
    redis_turn_ms(5);
    ck_assert_uint_eq(redis_count("settle"), 1);
    reply(command, 1);
    command =
        sent((const char *[]){"job", "outbox", "2-0", "done", EVENT, "1", "job",
                              "outbox", "3-0", "miss", EVENT, CD, TD, NULL});
    reply(command, 2);
}
END_TEST

START_TEST(a_call_is_for_256_jobs_and_a_bundle_at_most)
{
    for (unsigned i = 0; i < 300; i++) {
        char entry[16];

        snprintf(entry, sizeof(entry), "%u-0", i);
        delivered(hold(0, entry, 1));
    }
    ck_assert_ptr_nonnull(redis_arg(redis_wait("settle"), 256 * 6 - 1));
    ck_assert_ptr_null(redis_arg(redis_find("settle"), 256 * 6));
    reply(redis_find("settle"), 256);
    reply(redis_wait("settle"), 44);
}
END_TEST

START_TEST(a_bundle_is_settled_as_a_whole)
{
    struct deliver_job *first = hold(0, "1-0", 3);

    for (unsigned i = 0; i < 3; i++)
        delivered(&first[i]);
    reply(sent((const char *[]){"rest", "outbox", "1-0", "-", "done", EVENT,
                                "3", NULL}),
          3);
}
END_TEST

START_TEST(what_ended_long_before_the_rest_is_settled_as_a_part)
{
    struct deliver_job *first = hold(0, "1-0", 3);
    uint64_t begin_us = wsub_now_us();
    struct redis_command *command;

    delivered(&first[0]);
    delivered(&first[2]);
    command = sent((const char *[]){"part", "outbox", "1-0", "-", "2", "done",
                                    EVENT, "2", NULL});
    ck_assert_uint_ge(wsub_now_us() - begin_us, 10000);
    reply(command, 2);
    delivered(&first[1]);
    reply(sent((const char *[]){"rest", "outbox", "1-0", "2", "done", EVENT,
                                "1", NULL}),
          1);
}
END_TEST

START_TEST(bundles_that_open_later_have_their_own_time)
{
    struct deliver_job *second;
    uint64_t begin_us;

    delivered(hold(0, "1-0", 2));
    redis_turn_ms(8);
    second = hold(0, "2-0", 2);
    begin_us = wsub_now_us();
    delivered(second);
    while (second->bundle->place == BUNDLE_OPEN) {
        if (redis_find("settle") != NULL)
            redis_reply(redis_find("settle"), ":1\r\n");
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    ck_assert_uint_ge(wsub_now_us() - begin_us, 10000);
}
END_TEST

START_TEST(an_outcome_that_makes_work_takes_those_of_its_bundle_along)
{
    struct deliver_job *first = hold(0, "1-0", 3);

    delivered(&first[0]);
    ck_assert_int_eq(first->bundle->place, BUNDLE_OPEN);
    end(&first[1], WSUB_OUTCOME_MISS);
    ck_assert_int_eq(first->bundle->place, BUNDLE_READY);
    reply(sent((const char *[]){"part", "outbox", "1-0", "-", "4", "miss",
                                EVENT, CD, TD, "done", EVENT, "1", NULL}),
          2);
}
END_TEST

START_TEST(what_ends_while_its_bundle_is_sent_goes_with_the_next_call)
{
    struct deliver_job *first = hold(0, "1-0", 3);
    struct redis_command *command;

    end(&first[0], WSUB_OUTCOME_MISS);
    command = redis_wait("settle");
    end(&first[1], WSUB_OUTCOME_MISS);
    delivered(&first[2]);
    reply(command, 1);
    reply(sent((const char *[]){"rest", "outbox", "1-0", "6", "miss", EVENT, CD,
                                TD, "done", EVENT, "1", NULL}),
          2);
    ck_assert_uint_eq(deliver_bundles_count(bundles), 0);
}
END_TEST

START_TEST(what_ends_while_its_bundle_is_ready_goes_along)
{
    struct deliver_job *first = hold(0, "1-0", 3);
    struct redis_command *command;

    delivered(hold(0, "9-0", 1));
    command = redis_wait("settle");
    end(&first[0], WSUB_OUTCOME_MISS); /* ready: a call is under way */
    delivered(&first[1]);
    reply(command, 1);
    reply(sent((const char *[]){"part", "outbox", "1-0", "-", "4", "miss",
                                EVENT, CD, TD, "done", EVENT, "1", NULL}),
          2);
}
END_TEST

START_TEST(nothing_waits_for_its_bundle_while_jobs_wait_for_slots)
{
    struct deliver_job *first = hold(0, "1-0", 2);

    short_of.on_slot = on_slot;
    deliver_slots_take(slots, SLOTS);
    deliver_slots_admit(slots, DELIVER_LANE_OUTBOX, &short_of);
    delivered(first);
    ck_assert_int_eq(first->bundle->place, BUNDLE_READY);
    reply(redis_wait("settle"), 1);
    deliver_slots_release(slots, SLOTS);
}
END_TEST

START_TEST(nothing_waits_while_the_loop_drains)
{
    struct deliver_job *first = hold(0, "1-0", 2);

    redis_drain_loop();
    delivered(first);
    ck_assert_int_eq(first->bundle->place, BUNDLE_READY);
    reply(redis_wait("settle"), 1);
}
END_TEST

START_TEST(a_call_that_a_lost_link_left_is_repeated)
{
    delivered(hold(0, "1-0", 1));
    redis_wait("settle");
    redis_drop();
    delivered(hold(0, "2-0", 1));
    reply(sent((const char *[]){"job", "outbox", "1-0", "done", EVENT, "1",
                                NULL}),
          1);
    reply(sent((const char *[]){"job", "outbox", "2-0", "done", EVENT, "1",
                                NULL}),
          1);
}
END_TEST

START_TEST(what_waits_at_the_end_is_not_told)
{
    delivered(hold(0, "1-0", 1));
    redis_wait("settle");
    delivered(hold(0, "2-0", 1));
    delivered(hold(0, "3-0", 2));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("settle");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_was_delivered_waits_a_moment_for_others);
    tcase_add_test(cases, shards_have_calls_of_their_own);
    tcase_add_test(cases, one_call_of_a_shard_is_under_way_at_a_time);
    tcase_add_test(cases, a_call_is_for_256_jobs_and_a_bundle_at_most);
    tcase_add_test(cases, a_bundle_is_settled_as_a_whole);
    tcase_add_test(cases, what_ended_long_before_the_rest_is_settled_as_a_part);
    tcase_add_test(cases, bundles_that_open_later_have_their_own_time);
    tcase_add_test(cases,
                   an_outcome_that_makes_work_takes_those_of_its_bundle_along);
    tcase_add_test(cases,
                   what_ends_while_its_bundle_is_sent_goes_with_the_next_call);
    tcase_add_test(cases, what_ends_while_its_bundle_is_ready_goes_along);
    tcase_add_test(cases,
                   nothing_waits_for_its_bundle_while_jobs_wait_for_slots);
    tcase_add_test(cases, nothing_waits_while_the_loop_drains);
    tcase_add_test(cases, a_call_that_a_lost_link_left_is_repeated);
    tcase_add_test(cases, what_waits_at_the_end_is_not_told);
    return suite_run("settle", cases);
}
