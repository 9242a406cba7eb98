/* test_settle_args.c - what settle.lua is told of a bundle's jobs:
 * deliver/settle_args.h and deliver/bundle.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/bundle.h"
#include "deliver/settle_args.h"
#include "tests/unit/suite.h"

#define EVENT "1700000000000-0"
#define ENTRY "1700000000001-0"
#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CURSOR_TD "UUUUUUUUUUUUUUUUUUUUUU"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"

static struct deliver_bundles *bundles;
static struct deliver_bundle *bundle;
static struct deliver_job jobs[DELIVER_BUNDLE_MAX];
static char text[4096];

static void set_up(void)
{
    bundles = deliver_bundles_new(&(struct deliver_bundles_options){0});
    bundle = NULL;
    memset(jobs, 0, sizeof(jobs));
}

static void tear_down(void)
{
    deliver_bundles_free(bundles);
}

static void hold(enum deliver_lane lane, unsigned count, bool taken_over)
{
    bundle = deliver_bundle_new(bundles, lane, 3, ENTRY, taken_over);
    for (unsigned i = 0; i < count; i++) {
        snprintf(jobs[i].event_id, sizeof(jobs[i].event_id), EVENT);
        snprintf(jobs[i].cd, sizeof(jobs[i].cd), CD);
        snprintf(jobs[i].td, sizeof(jobs[i].td), TD);
        deliver_bundle_add(bundle, &jobs[i]);
    }
}

static void hold_cursor_job(void)
{
    hold(DELIVER_LANE_OUTBOX, 1, false);
    bundle->is_cursor = true;
    bundle->cursor_number = 7;
    snprintf(bundle->cursor_td, sizeof(bundle->cursor_td), CURSOR_TD);
}

static void end(unsigned job, enum wsub_outcome outcome)
{
    jobs[job].outcome = outcome;
    TAILQ_INSERT_TAIL(&bundle->sent, &jobs[job], next);
}

/* Those that were sent are settled. */
static void settled(void)
{
    struct deliver_job *job, *next;

    for (job = TAILQ_FIRST(&bundle->sent); job != NULL; job = next) {
        next = TAILQ_NEXT(job, next);
        TAILQ_REMOVE(&bundle->sent, job, next);
        deliver_bundle_drop(job);
    }
}

/* The arguments, separated by spaces. */
static const char *args(void)
{
    struct wsub_settlement settlement = {0};
    const char *at;
    size_t len;

    wsub_cmd_init(&settlement.cmd, "settle");
    deliver_settle_args(&settlement, bundle);
    at = wsub_cmd_wire(&settlement.cmd, &len);
    text[0] = '\0';
    at = strstr(at, "settle\r\n") + strlen("settle\r\n");
    while (*at == '$') {
        size_t size = strtoul(at + 1, NULL, 10), used = strlen(text);

        at = strchr(at, '\n') + 1;
        snprintf(text + used, sizeof(text) - used, "%s%.*s",
                 used > 0 ? " " : "", (int)size, at);
        at += size + 2;
    }
    wsub_cmd_done(&settlement.cmd);
    return text;
}

START_TEST(a_job_by_itself)
{
    hold(DELIVER_LANE_BULK, 1, false);
    end(0, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "job bulk " ENTRY " done " EVENT " 1");
}
END_TEST

START_TEST(a_whole_bundle_is_counted)
{
    hold(DELIVER_LANE_OUTBOX, 3, false);
    for (unsigned i = 0; i < 3; i++)
        end(i, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "rest outbox " ENTRY " - done " EVENT " 3");
}
END_TEST

START_TEST(those_to_nobody_are_counted_apart)
{
    hold(DELIVER_LANE_OUTBOX, 4, false);
    for (unsigned i = 0; i < 4; i++)
        end(i, i == 2 ? WSUB_OUTCOME_DONE : WSUB_OUTCOME_NONE);
    ck_assert_str_eq(args(), "rest outbox " ENTRY " - none " EVENT
                             " 3 done " EVENT " 1");
}
END_TEST

START_TEST(parts_name_what_was_left_before_and_after)
{
    hold(DELIVER_LANE_OUTBOX, 4, false);
    end(1, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "part outbox " ENTRY " - 13 done " EVENT " 1");
    settled();
    end(3, WSUB_OUTCOME_DONE);
    end(0, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "part outbox " ENTRY " 13 4 done " EVENT " 2");
    settled();
    end(2, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "rest outbox " ENTRY " 4 done " EVENT " 1");
}
END_TEST

START_TEST(sixteen_jobs_fit_the_mask)
{
    hold(DELIVER_LANE_OUTBOX, DELIVER_BUNDLE_MAX, false);
    end(0, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "part outbox " ENTRY " - 65534 done " EVENT " 1");
    settled();
    end(15, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(),
                     "part outbox " ENTRY " 65534 32766 done " EVENT " 1");
}
END_TEST

static const struct {
    enum wsub_outcome outcome;
    const char *job, *cursor_job;
} outcomes[] = {
    {WSUB_OUTCOME_GONE, "gone " EVENT " " CD ":2 " TD " 42",
     "gone - " CD ":2 " TD " 42"},
    {WSUB_OUTCOME_RETRY, "retry " EVENT " " CD ":2 3 1 2500 " TD,
     "retry " EVENT " " CD ":2 3 1 2500 " CURSOR_TD},
    {WSUB_OUTCOME_PARK, "park " EVENT " " CD ":2 3 1 HOST",
     "park " EVENT " " CD ":2 3 1 HOST"},
    {WSUB_OUTCOME_DEAD,
     "dead " EVENT " " CD ":2 3 http://t.example/ http://c.example/ why",
     "dead " EVENT " " CD ":2 3 http://t.example/ http://c.example/ why"},
    {WSUB_OUTCOME_MISS, "miss " EVENT " " CD ":2 " TD, NULL},
    {WSUB_OUTCOME_SUSPEND, "suspend " EVENT " " CD ":2 3 1 2500 " TD,
     "suspend " EVENT " " CD ":2 3 1 2500 " CURSOR_TD},
};

static void end_in_full(enum wsub_outcome outcome)
{
    jobs[0].level = 2;
    jobs[0].failures = 3;
    jobs[0].crashes = 1;
    jobs[0].delay_ms = 2500;
    jobs[0].generation = 42;
    jobs[0].host = "HOST";
    jobs[0].topic = "http://t.example/";
    jobs[0].callback = "http://c.example/";
    snprintf(jobs[0].why, sizeof(jobs[0].why), "why");
    end(0, outcome);
}

START_TEST(every_outcome_of_a_job)
{
    char expected[512];

    hold(DELIVER_LANE_OUTBOX, 1, false);
    end_in_full(outcomes[_i].outcome);
    snprintf(expected, sizeof(expected), "job outbox " ENTRY " %s",
             outcomes[_i].job);
    ck_assert_str_eq(args(), expected);
}
END_TEST

START_TEST(every_outcome_of_a_cursor_job)
{
    char expected[512];

    if (outcomes[_i].cursor_job == NULL)
        return;
    hold_cursor_job();
    end_in_full(outcomes[_i].outcome);
    snprintf(expected, sizeof(expected),
             "cursor outbox " ENTRY " " CURSOR_TD " " CD " 7 %s",
             outcomes[_i].cursor_job);
    ck_assert_str_eq(args(), expected);
}
END_TEST

static const struct {
    bool lost, is_replay;
    const char *done;
} dones[] = {
    {false, false, "done " EVENT " 1"},
    {true, false, "done " EVENT " 0"},
    {false, true, "done " EVENT "! 1"},
};

START_TEST(a_cursor_job_is_done_with_its_event_or_tells_of_a_gap)
{
    char expected[512];

    hold_cursor_job();
    jobs[0].lost = dones[_i].lost;
    jobs[0].is_replay = dones[_i].is_replay;
    end(0, WSUB_OUTCOME_DONE);
    snprintf(expected, sizeof(expected),
             "cursor outbox " ENTRY " " CURSOR_TD " " CD " 7 %s",
             dones[_i].done);
    ck_assert_str_eq(args(), expected);
}
END_TEST

START_TEST(the_delivered_of_a_bundle_are_one_operation)
{
    hold(DELIVER_LANE_OUTBOX, 3, false);
    end(0, WSUB_OUTCOME_DONE);
    end(1, WSUB_OUTCOME_MISS);
    end(2, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "rest outbox " ENTRY " - miss " EVENT " " CD " " TD
                             " done " EVENT " 2");
}
END_TEST

START_TEST(what_came_from_retry_says_so)
{
    hold(DELIVER_LANE_OUTBOX, 1, false);
    jobs[0].retried = true;
    end(0, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "job outbox " ENTRY " retried " TD " " CD " " EVENT
                             " done " EVENT " 1");
    jobs[0].td[0] = '\0'; /* its subscription was never found */
    ck_assert_str_eq(args(), "job outbox " ENTRY " done " EVENT " 1");
}
END_TEST

START_TEST(the_crash_count_of_what_was_taken_over_is_cleared)
{
    hold(DELIVER_LANE_OUTBOX, 1, true);
    end(0, WSUB_OUTCOME_DONE);
    ck_assert_str_eq(args(), "job outbox " ENTRY " done " EVENT
                             " 1 cleared outbox " ENTRY);
}
END_TEST

START_TEST(an_entry_is_held_until_its_last_job_is_over)
{
    hold(DELIVER_LANE_OUTBOX, 2, false);
    ck_assert(deliver_bundles_have(bundles, DELIVER_LANE_OUTBOX, 3, ENTRY));
    ck_assert(!deliver_bundles_have(bundles, DELIVER_LANE_BULK, 3, ENTRY));
    ck_assert(!deliver_bundles_have(bundles, DELIVER_LANE_OUTBOX, 2, ENTRY));
    deliver_bundle_drop(&jobs[1]);
    ck_assert_uint_eq(deliver_bundles_count(bundles), 1);
    deliver_bundle_drop(&jobs[0]);
    ck_assert_uint_eq(deliver_bundles_count(bundles), 0);
}
END_TEST

static bool is_second(const struct deliver_job *job, const void *arg)
{
    return job == arg;
}

START_TEST(a_job_that_is_held_can_be_found)
{
    hold(DELIVER_LANE_OUTBOX, 3, false);
    ck_assert(deliver_bundles_any(bundles, is_second, &jobs[1]));
    deliver_bundle_drop(&jobs[1]);
    ck_assert(!deliver_bundles_any(bundles, is_second, &jobs[1]));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("settle_args");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_job_by_itself);
    tcase_add_test(cases, a_whole_bundle_is_counted);
    tcase_add_test(cases, those_to_nobody_are_counted_apart);
    tcase_add_test(cases, parts_name_what_was_left_before_and_after);
    tcase_add_test(cases, sixteen_jobs_fit_the_mask);
    tcase_add_loop_test(cases, every_outcome_of_a_job, 0, COUNT(outcomes));
    tcase_add_loop_test(cases, every_outcome_of_a_cursor_job, 0,
                        COUNT(outcomes));
    tcase_add_loop_test(cases,
                        a_cursor_job_is_done_with_its_event_or_tells_of_a_gap,
                        0, COUNT(dones));
    tcase_add_test(cases, the_delivered_of_a_bundle_are_one_operation);
    tcase_add_test(cases, what_came_from_retry_says_so);
    tcase_add_test(cases, the_crash_count_of_what_was_taken_over_is_cleared);
    tcase_add_test(cases, an_entry_is_held_until_its_last_job_is_over);
    tcase_add_test(cases, a_job_that_is_held_can_be_found);
    return suite_run("settle_args", cases);
}
