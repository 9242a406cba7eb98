/* test_history.c - the attempts of deliver/history.h. */
#include <stdio.h>
#include <string.h>

#include "deliver/history.h"
#include "tests/unit/suite.h"

#define SHARDS 3
#define TD "AAAAAAAAAAAAAAAAAAAAAA"
#define OTHER_TD "AAAAAAAAAAAAAAAAAAAAAB"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"

static struct deliver_history *history;
static struct deliver_history_entry flushed; /* the last one */
static unsigned flushes;

static void set_up(void)
{
    history = deliver_history_new(SHARDS);
}

static void tear_down(void)
{
    deliver_history_free(history);
}

static void on_entry(const struct deliver_history_entry *entry, void *arg)
{
    ck_assert_ptr_eq(arg, &flushed);
    flushed = *entry;
    flushes++;
}

/* How many entries the shard had. */
static unsigned flush(unsigned shard)
{
    flushes = 0;
    memset(&flushed, 0, sizeof(flushed));
    deliver_history_flush(history, shard, UINT64_MAX, SIZE_MAX, on_entry,
                          &flushed);
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
                  ? deliver_history_add_failure(history, 0, td, cd)
                  : deliver_history_note(history, 0, td, cd, &attempt,
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

    deliver_history_note(history, 2, TD, CD, &attempt, false);
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
    ck_assert_uint_eq(deliver_history_note(history, 1, TD, CD, &failed, false),
                      1);
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

    note_many(0, DELIVER_HISTORY_UNFLUSHED_MAX, "+");
    ck_assert_uint_eq(deliver_history_unflushed(history),
                      DELIVER_HISTORY_UNFLUSHED_MAX);
    number(DELIVER_HISTORY_UNFLUSHED_MAX, cd); /* only its run is counted */
    ck_assert_uint_eq(note(TD, cd, "--"), 2);
    ck_assert_uint_eq(note(OTHER_TD, cd, "+"), 0);
    number(0, cd); /* has been noted, so more of it is */
    ck_assert_uint_eq(note(TD, cd, "-"), 1);
    ck_assert_uint_eq(flush(0), DELIVER_HISTORY_UNFLUSHED_MAX);
    ck_assert_uint_eq(deliver_history_unflushed(history), 0);
    number(DELIVER_HISTORY_UNFLUSHED_MAX, cd);
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
        deliver_history_note(history, 0, TD, cd, &attempt, false);
    }
    ck_assert_uint_eq(
        deliver_history_flush(history, 0, 10, SIZE_MAX, on_entry, &flushed), 0);
    ck_assert_uint_eq(
        deliver_history_flush(history, 0, 40, 2, on_entry, &flushed), 2);
    ck_assert_uint_eq(flushed.log.attempts[0].at_ms, 20);
    ck_assert_uint_eq(
        deliver_history_flush(history, 0, 40, 2, on_entry, &flushed), 1);
    ck_assert_uint_eq(flushed.log.attempts[0].at_ms, 30);
    ck_assert_uint_eq(deliver_history_unflushed(history), 1);
}
END_TEST

START_TEST(the_run_that_was_used_least_recently_is_forgotten)
{
    char cd[WSUB_DIGEST_LEN + 1];

    note_many(0, DELIVER_HISTORY_RUNS_MAX, "o");
    note_many(0, 1, "o");
    note_many(DELIVER_HISTORY_RUNS_MAX, 1, "o");
    number(0, cd);
    ck_assert_uint_eq(note(TD, cd, "o"), 3);
    number(2, cd);
    ck_assert_uint_eq(note(TD, cd, "o"), 2);
    number(1, cd);
    ck_assert_uint_eq(note(TD, cd, "o"), 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("history");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases,
                        attempts_are_counted_and_the_last_are_kept_newest_first,
                        0, COUNT(notes));
    tcase_add_test(cases, an_attempt_is_handed_out_as_it_was_noted);
    tcase_add_test(cases, what_was_flushed_is_not_handed_out_again);
    tcase_add_test(cases, a_subscription_is_shard_topic_and_callback);
    tcase_add_test(cases, it_stays_within_its_bounds);
    tcase_add_test(cases, the_oldest_are_flushed_as_many_as_asked_for);
    tcase_add_test(cases, the_run_that_was_used_least_recently_is_forgotten);
    return suite_run("history", cases);
}
