/* test_alert_mismatches.c - when a doubt about the coordinator is said. */
#include <string.h>

#include "common/store/alerts.h"
#include "spreader/alerts/mismatches.h"
#include "tests/unit/suite.h"

#define AGAIN_MS WSUB_CONDITION_AGAIN_MS
#define FIVE_MINUTES_MS 300000

static struct spread_mismatch mismatch;

static void set_up(void)
{
    memset(&mismatch, 0, sizeof(mismatch));
}

START_TEST(nothing_is_said_where_nothing_was_counted)
{
    spread_mismatch_note(&mismatch, 0, 1000);
    ck_assert(!spread_mismatch_due(&mismatch, 1000));
}
END_TEST

START_TEST(it_is_said_at_once_and_now_and_then)
{
    spread_mismatch_note(&mismatch, 1, 1000);
    ck_assert(spread_mismatch_due(&mismatch, 1000));
    spread_mismatch_note(&mismatch, 1, 2000);
    ck_assert(!spread_mismatch_due(&mismatch, 1000 + AGAIN_MS - 1));
    ck_assert(spread_mismatch_due(&mismatch, 1000 + AGAIN_MS));
}
END_TEST

START_TEST(it_is_said_once_redis_is_up)
{
    spread_mismatch_note(&mismatch, 1, 1000);
    spread_mismatch_note(&mismatch, 1, 9000);
    ck_assert(spread_mismatch_due(&mismatch, 9000));
}
END_TEST

START_TEST(it_counts_for_five_minutes)
{
    uint64_t last_ms = 0;

    spread_mismatch_note(&mismatch, 1, 1000);
    for (uint64_t now_ms = 1000; now_ms < 3 * FIVE_MINUTES_MS; now_ms += 1000) {
        spread_mismatch_note(&mismatch, 1, now_ms);
        if (spread_mismatch_due(&mismatch, now_ms))
            last_ms = now_ms;
    }
    ck_assert_uint_le(last_ms + WSUB_CONDITION_MS, 1000 + FIVE_MINUTES_MS);
    ck_assert_uint_gt(last_ms + WSUB_CONDITION_MS + AGAIN_MS, FIVE_MINUTES_MS);
}
END_TEST

START_TEST(the_next_one_is_said_too)
{
    spread_mismatch_note(&mismatch, 1, 1000);
    ck_assert(spread_mismatch_due(&mismatch, 1000));
    spread_mismatch_note(&mismatch, 2, 2000);
    ck_assert(spread_mismatch_due(&mismatch, 2000));
    spread_mismatch_note(&mismatch, 3, 3 * FIVE_MINUTES_MS);
    ck_assert(spread_mismatch_due(&mismatch, 3 * FIVE_MINUTES_MS));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("alert mismatches");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, nothing_is_said_where_nothing_was_counted);
    tcase_add_test(cases, it_is_said_at_once_and_now_and_then);
    tcase_add_test(cases, it_is_said_once_redis_is_up);
    tcase_add_test(cases, it_counts_for_five_minutes);
    tcase_add_test(cases, the_next_one_is_said_too);
    return suite_run("alert mismatches", cases);
}
