/* test_slots.c - who gets a slot, and when: deliver/slots.h. */
#include "common/base/container_of.h"
#include "deliver/slots.h"
#include "tests/unit/suite.h"

#define TOTAL 8
#define BULK 6 /* of them */
#define JOBS 32

struct job {
    struct deliver_slot_wait wait;
    unsigned order; /* in which it got its slot, from 1; 0: not yet */
};

static struct deliver_slots *slots;
static struct job jobs[JOBS];
static unsigned started, idle_calls;
static size_t used_when_idle;

static void on_slot(struct deliver_slot_wait *wait)
{
    struct job *job = wsub_container_of(wait, struct job, wait);

    ck_assert_uint_eq(job->order, 0);
    job->order = ++started;
}

static void on_idle(void *arg)
{
    ck_assert_ptr_eq(arg, &idle_calls);
    idle_calls++;
    used_when_idle = deliver_slots_used(slots);
}

static void set_up(void)
{
    started = idle_calls = 0;
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i] = (struct job){.wait.on_slot = on_slot};
    slots = deliver_slots_new(&(struct deliver_slots_options){
        .total = TOTAL,
        .limits = {[DELIVER_LANE_OUTBOX] = TOTAL, [DELIVER_LANE_BULK] = BULK},
        .on_idle = on_idle,
        .arg = &idle_calls,
    });
}

static void tear_down(void)
{
    deliver_slots_free(slots);
}

static void admit(enum deliver_lane lane, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++)
        deliver_slots_admit(slots, lane, &jobs[i].wait);
}

START_TEST(a_job_starts_at_once_while_there_are_slots)
{
    admit(DELIVER_LANE_OUTBOX, 0, TOTAL);
    ck_assert_uint_eq(started, TOTAL);
    ck_assert_uint_eq(deliver_slots_used(slots), TOTAL);
    ck_assert(!deliver_slots_short(slots));
}
END_TEST

START_TEST(the_excess_waits_and_starts_in_order)
{
    admit(DELIVER_LANE_OUTBOX, 0, TOTAL + 2);
    ck_assert_uint_eq(started, TOTAL);
    ck_assert(deliver_slots_short(slots));
    ck_assert(deliver_slots_queued(slots, DELIVER_LANE_OUTBOX));
    deliver_slots_release(slots, 1);
    ck_assert_uint_eq(jobs[TOTAL].order, TOTAL + 1);
    ck_assert_uint_eq(jobs[TOTAL + 1].order, 0);
    deliver_slots_release(slots, 1);
    ck_assert_uint_eq(jobs[TOTAL + 1].order, TOTAL + 2);
    ck_assert_uint_eq(deliver_slots_used(slots), TOTAL);
}
END_TEST

START_TEST(a_lane_has_no_more_than_its_limit)
{
    admit(DELIVER_LANE_BULK, 0, TOTAL);
    ck_assert_uint_eq(started, BULK);
    ck_assert_uint_eq(deliver_slots_left(slots, DELIVER_LANE_BULK), 0);
    ck_assert_uint_eq(deliver_slots_left(slots, DELIVER_LANE_OUTBOX),
                      TOTAL - BULK);
    admit(DELIVER_LANE_OUTBOX, TOTAL, 1);
    ck_assert_uint_eq(started, BULK + 1);
    ck_assert(!deliver_slots_queued(slots, DELIVER_LANE_OUTBOX));
    ck_assert(deliver_slots_queued(slots, DELIVER_LANE_BULK));
}
END_TEST

START_TEST(more_than_all_may_be_taken)
{
    deliver_slots_take(slots, TOTAL + 3);
    ck_assert_uint_eq(deliver_slots_left(slots, DELIVER_LANE_OUTBOX), 0);
    admit(DELIVER_LANE_OUTBOX, 0, 1);
    ck_assert_uint_eq(started, 0);
    deliver_slots_release(slots, 3);
    ck_assert_uint_eq(started, 0);
    deliver_slots_release(slots, 1);
    ck_assert_uint_eq(started, 1);
}
END_TEST

START_TEST(who_waits_comes_before_on_idle)
{
    admit(DELIVER_LANE_OUTBOX, 0, TOTAL + 1);
    deliver_slots_release(slots, 1);
    ck_assert_uint_eq(idle_calls, 1);
    ck_assert_uint_eq(used_when_idle, TOTAL);
    deliver_slots_release(slots, TOTAL);
    ck_assert_uint_eq(idle_calls, 2);
    ck_assert_uint_eq(used_when_idle, 0);
}
END_TEST

START_TEST(what_is_returned_tells_nobody_until_the_release)
{
    deliver_slots_take(slots, TOTAL);
    admit(DELIVER_LANE_OUTBOX, 0, 1);
    deliver_slots_return(slots, TOTAL);
    ck_assert_uint_eq(started, 0);
    ck_assert_uint_eq(idle_calls, 0);
    deliver_slots_release(slots, 0);
    ck_assert_uint_eq(started, 1);
    ck_assert_uint_eq(idle_calls, 1);
}
END_TEST

START_TEST(a_process_that_drains_lets_all_start)
{
    admit(DELIVER_LANE_BULK, 0, 2 * TOTAL);
    deliver_slots_drain(slots);
    ck_assert_uint_eq(started, 2 * TOTAL);
    admit(DELIVER_LANE_OUTBOX, 2 * TOTAL, 1);
    ck_assert_uint_eq(started, 2 * TOTAL + 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("slots");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_job_starts_at_once_while_there_are_slots);
    tcase_add_test(cases, the_excess_waits_and_starts_in_order);
    tcase_add_test(cases, a_lane_has_no_more_than_its_limit);
    tcase_add_test(cases, more_than_all_may_be_taken);
    tcase_add_test(cases, who_waits_comes_before_on_idle);
    tcase_add_test(cases, what_is_returned_tells_nobody_until_the_release);
    tcase_add_test(cases, a_process_that_drains_lets_all_start);
    return suite_run("slots", cases);
}
