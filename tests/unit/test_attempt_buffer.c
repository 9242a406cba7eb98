/* test_attempt_buffer.c - the attempts of deliver/attempt_buffer.h. */
#include <stdio.h>
#include <string.h>

#include "deliver/attempt_buffer.h"
#include "tests/unit/suite.h"

#define SHARDS 3
#define TD "AAAAAAAAAAAAAAAAAAAAAA"
#define OTHER_TD "AAAAAAAAAAAAAAAAAAAAAB"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"

static struct deliver_attempt_buffer *buffer;
static struct deliver_attempts flushed; /* the last one */
static unsigned flushes;

static void set_up(void)
{
    buffer = deliver_attempt_buffer_new(SHARDS);
}

static void tear_down(void)
{
    deliver_attempt_buffer_free(buffer);
}

static void on_attempts(const struct deliver_attempts *attempts, void *arg)
{
    ck_assert_ptr_eq(arg, &flushed);
    flushed = *attempts;
    flushes++;
}

/* How many subscriptions have attempts that are unflushed. */
static uint32_t unflushed(void)
{
    return deliver_attempt_buffer_unflushed(buffer,
                                            DELIVER_UNFLUSHED_FAILURES) +
           deliver_attempt_buffer_unflushed(buffer, DELIVER_UNFLUSHED_TOTALS);
}

/* How many subscriptions the shard had. */
static unsigned flush(unsigned shard)
{
    flushes = 0;
    memset(&flushed, 0, sizeof(flushed));
    for (int kind = 0; kind < DELIVER_UNFLUSHED_KINDS; kind++)
        deliver_attempt_buffer_flush(buffer, shard,
                                     (enum deliver_unflushed)kind, UINT64_MAX,
                                     SIZE_MAX, on_attempts, &flushed);
    return flushes;
}

/* Notes outcomes, `+` delivered, `-` failed, `o` found the breaker open;
 * returns the run. */
static uint32_t note(const char *td, const char *cd, const char *outcomes)
{
    uint32_t run = 0;

    for (uint64_t i = 1; *outcomes != '\0'; outcomes++, i++) {
        struct wsub_attempt attempt = {.at_ms = i, .bytes = 10};

        run = *outcomes == 'o'
                  ? deliver_attempt_buffer_add_failure(buffer, 0, td, cd)
                  : deliver_attempt_buffer_note(buffer, 0, td, cd, &attempt,
                                                *outcomes == '+');
    }
    return run;
}

static const struct {
    const char *outcomes;
    uint32_t run;
    uint64_t delivered, failed;
    unsigned count;
} notes[] = {
    {"+", 0, 1, 0, 1},         {"-", 1, 0, 1, 1},
    {"---", 3, 0, 3, 3},       {"--+", 0, 1, 2, 3},
    {"--+-", 1, 1, 3, 4},      {"-o-o", 4, 0, 2, 2},
    {"-o+", 0, 1, 1, 2},       {"++++++++", 0, 8, 0, 8},
    {"+++++++++", 0, 9, 0, 8}, {"+++++++++++---------", 9, 11, 9, 8},
};

START_TEST(attempts_are_counted_and_the_last_are_kept_newest_first)
{
    uint64_t last = strlen(notes[_i].outcomes);

    ck_assert_uint_eq(note(TD, CD, notes[_i].outcomes), notes[_i].run);
    ck_assert_uint_eq(flush(0), 1);
    ck_assert_str_eq(flushed.td, TD);
    ck_assert_str_eq(flushed.cd, CD);
    ck_assert_uint_eq(flushed.shard, 0);
    ck_assert_uint_eq(flushed.run, notes[_i].run);
    ck_assert_uint_eq(flushed.log.delivered, notes[_i].delivered);
    ck_assert_uint_eq(flushed.log.failed, notes[_i].failed);
    ck_assert_uint_eq(flushed.log.bytes,
                      10 * (notes[_i].delivered + notes[_i].failed));
    ck_assert_uint_eq(flushed.log.count, notes[_i].count);
    if (strchr(notes[_i].outcomes, 'o') == NULL)
        for (unsigned i = 0; i < flushed.log.count; i++)
            ck_assert_uint_eq(flushed.log.attempts[i].at_ms, last - i);
}
END_TEST

START_TEST(an_attempt_is_handed_out_as_it_was_noted)
{
    struct wsub_attempt attempt = {.at_ms = 1700000000123,
                                   .bytes = 4096,
                                   .duration_ms = 250,
                                   .status = 503,
                                   .error = WSUB_ATTEMPT_TIMEOUT};

    deliver_attempt_buffer_note(buffer, 2, TD, CD, &attempt, false);
    ck_assert_uint_eq(flush(2), 1);
    ck_assert_uint_eq(flushed.shard, 2);
    ck_assert_uint_eq(flushed.log.attempts[0].at_ms, 1700000000123);
    ck_assert_uint_eq(flushed.log.attempts[0].bytes, 4096);
    ck_assert_uint_eq(flushed.log.attempts[0].duration_ms, 250);
    ck_assert_uint_eq(flushed.log.attempts[0].status, 503);
    ck_assert_int_eq(flushed.log.attempts[0].error, WSUB_ATTEMPT_TIMEOUT);
    ck_assert_uint_eq(flushed.log.failed, 1);
}
END_TEST

static char body_of_flushed[8];

static void copy_body(const struct deliver_attempts *attempts, void *arg)
{
    const struct wsub_attempt *newest = &attempts->log.attempts[0];

    on_attempts(attempts, arg);
    memcpy(body_of_flushed, newest->body, newest->body_len);
}

/* Notes a failure with a body. */
static void note_body(unsigned subscription, const char *body)
{
    char text[8], cd[WSUB_DIGEST_LEN + 1];
    struct wsub_attempt attempt = {.body = text,
                                   .body_len = (uint16_t)strlen(body)};

    snprintf(text, sizeof(text), "%s", body);
    snprintf(cd, sizeof(cd), "%08u--------------", subscription);
    deliver_attempt_buffer_note(buffer, 0, TD, cd, &attempt, false);
}

START_TEST(bodies_are_copied)
{
    for (unsigned i = 0; i < 20; i++)
        note_body(1, i % 2 == 0 ? "even" : "odd");
    deliver_attempt_buffer_flush(buffer, 0, DELIVER_UNFLUSHED_FAILURES,
                                 UINT64_MAX, 1, copy_body, &flushed);
    ck_assert_uint_eq(flushed.log.count, 8);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(flushed.log.attempts[i].body_len, i % 2 == 0 ? 3 : 4);
    ck_assert_mem_eq(body_of_flushed, "odd", 3);
}
END_TEST

START_TEST(of_bodies_there_are_no_more_than_may_be)
{
    for (unsigned i = 0; i < DELIVER_BODIES_MAX + 1; i++)
        note_body(i, "why");
    flush(0);
    ck_assert_uint_eq(flushed.log.attempts[0].body_len, 0);
    note_body(0, "why");
    flush(0);
    ck_assert_uint_eq(flushed.log.attempts[0].body_len, 3);
}
END_TEST

START_TEST(what_was_flushed_is_not_handed_out_again)
{
    note(TD, CD, "+--");
    ck_assert_uint_eq(flush(0), 1);
    ck_assert_uint_eq(flush(0), 0);
    ck_assert_uint_eq(note(TD, CD, "o"), 3);
    ck_assert_uint_eq(flush(0), 0); /* a failure without an attempt */
    ck_assert_uint_eq(note(TD, CD, "-"), 4);
    ck_assert_uint_eq(flush(0), 1);
    ck_assert_uint_eq(flushed.log.failed, 1);
    ck_assert_uint_eq(flushed.log.delivered, 0);
    ck_assert_uint_eq(flushed.log.count, 1);
    ck_assert_uint_eq(note(TD, CD, "+"), 0);
    ck_assert_uint_eq(flush(0), 1);
    ck_assert_uint_eq(note(TD, CD, "-"), 1);
}
END_TEST

START_TEST(a_subscription_is_shard_topic_and_callback)
{
    struct wsub_attempt failed = {0};

    ck_assert_uint_eq(note(TD, CD, "--"), 2);
    ck_assert_uint_eq(note(OTHER_TD, CD, "-"), 1);
    ck_assert_uint_eq(note(CD, TD, "-"), 1);
    ck_assert_uint_eq(
        deliver_attempt_buffer_note(buffer, 1, TD, CD, &failed, false), 1);
    ck_assert_uint_eq(flush(0), 3);
    ck_assert_uint_eq(flush(1), 1);
    ck_assert_uint_eq(flush(2), 0);
}
END_TEST

static void number(unsigned i, char ret_cd[WSUB_DIGEST_LEN + 1])
{
    snprintf(ret_cd, WSUB_DIGEST_LEN + 1, "%08u--------------", i);
}

/* Notes one outcome for each of `count` callbacks. */
static void note_many(unsigned first, unsigned count, const char *outcome)
{
    char cd[WSUB_DIGEST_LEN + 1];

    for (unsigned i = first; i < first + count; i++) {
        number(i, cd);
        note(TD, cd, outcome);
    }
}

START_TEST(it_stays_within_its_bounds)
{
    char cd[WSUB_DIGEST_LEN + 1];

    note_many(0, DELIVER_UNFLUSHED_MAX, "+");
    ck_assert_uint_eq(unflushed(), DELIVER_UNFLUSHED_MAX);
    number(DELIVER_UNFLUSHED_MAX, cd); /* only its run is counted */
    ck_assert_uint_eq(note(TD, cd, "--"), 2);
    ck_assert_uint_eq(note(OTHER_TD, cd, "+"), 0);
    number(0, cd); /* has been noted, so more of it is */
    ck_assert_uint_eq(note(TD, cd, "-"), 1);
    ck_assert_uint_eq(flush(0), DELIVER_UNFLUSHED_MAX);
    ck_assert_uint_eq(unflushed(), 0);
    number(DELIVER_UNFLUSHED_MAX, cd);
    ck_assert_uint_eq(note(TD, cd, "-"), 3);
    ck_assert_uint_eq(flush(0), 1);
    ck_assert_uint_eq(flushed.log.failed, 1);
}
END_TEST

START_TEST(the_oldest_are_flushed_as_many_as_asked_for)
{
    for (uint64_t at_ms = 1; at_ms <= 5; at_ms++) {
        struct wsub_attempt attempt = {.at_ms = 10 * at_ms};
        char cd[WSUB_DIGEST_LEN + 1];

        number((unsigned)at_ms % 4, cd); /* the first and the last are one */
        deliver_attempt_buffer_note(buffer, 0, TD, cd, &attempt, false);
    }
    ck_assert_uint_eq(
        deliver_attempt_buffer_flush(buffer, 0, DELIVER_UNFLUSHED_FAILURES, 10,
                                     SIZE_MAX, on_attempts, &flushed),
        0);
    ck_assert_uint_eq(
        deliver_attempt_buffer_flush(buffer, 0, DELIVER_UNFLUSHED_FAILURES, 40,
                                     2, on_attempts, &flushed),
        2);
    ck_assert_uint_eq(flushed.log.attempts[0].at_ms, 20);
    ck_assert_uint_eq(
        deliver_attempt_buffer_flush(buffer, 0, DELIVER_UNFLUSHED_FAILURES, 40,
                                     2, on_attempts, &flushed),
        1);
    ck_assert_uint_eq(flushed.log.attempts[0].at_ms, 30);
    ck_assert_uint_eq(unflushed(), 1);
}
END_TEST

START_TEST(the_run_that_was_used_least_recently_is_forgotten)
{
    char cd[WSUB_DIGEST_LEN + 1];

    note_many(0, DELIVER_RUNS_MAX, "o");
    note_many(0, 1, "o");
    note_many(DELIVER_RUNS_MAX, 1, "o");
    number(0, cd);
    ck_assert_uint_eq(note(TD, cd, "o"), 3);
    number(2, cd);
    ck_assert_uint_eq(note(TD, cd, "o"), 2);
    number(1, cd);
    ck_assert_uint_eq(note(TD, cd, "o"), 1);
}
END_TEST

static const struct {
    const char *outcomes;
    enum deliver_unflushed kind;
} kinds[] = {
    {"+", DELIVER_UNFLUSHED_TOTALS},    {"+++", DELIVER_UNFLUSHED_TOTALS},
    {"-", DELIVER_UNFLUSHED_FAILURES},  {"+-", DELIVER_UNFLUSHED_FAILURES},
    {"-+", DELIVER_UNFLUSHED_FAILURES}, {"-+++", DELIVER_UNFLUSHED_FAILURES},
    {"o+", DELIVER_UNFLUSHED_FAILURES},
};

START_TEST(failures_and_the_success_after_one_are_due_soon)
{
    note(TD, CD, kinds[_i].outcomes);
    ck_assert_uint_eq(deliver_attempt_buffer_unflushed(buffer, kinds[_i].kind),
                      1);
    ck_assert_uint_eq(unflushed(), 1);
}
END_TEST

START_TEST(a_success_is_of_totals_again_once_the_one_after_a_failure_is_flushed)
{
    note(TD, CD, "-+");
    ck_assert_uint_eq(flush(0), 1);
    note(TD, CD, "+");
    ck_assert_uint_eq(
        deliver_attempt_buffer_unflushed(buffer, DELIVER_UNFLUSHED_TOTALS), 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("attempt_buffer");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases,
                        attempts_are_counted_and_the_last_are_kept_newest_first,
                        0, COUNT(notes));
    tcase_add_test(cases, an_attempt_is_handed_out_as_it_was_noted);
    tcase_add_test(cases, bodies_are_copied);
    tcase_add_test(cases, of_bodies_there_are_no_more_than_may_be);
    tcase_add_test(cases, what_was_flushed_is_not_handed_out_again);
    tcase_add_test(cases, a_subscription_is_shard_topic_and_callback);
    tcase_add_test(cases, it_stays_within_its_bounds);
    tcase_add_test(cases, the_oldest_are_flushed_as_many_as_asked_for);
    tcase_add_loop_test(cases, failures_and_the_success_after_one_are_due_soon,
                        0, COUNT(kinds));
    tcase_add_test(
        cases,
        a_success_is_of_totals_again_once_the_one_after_a_failure_is_flushed);
    tcase_add_test(cases, the_run_that_was_used_least_recently_is_forgotten);
    return suite_run("attempt_buffer", cases);
}
