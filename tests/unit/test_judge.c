/* test_judge.c - what an answer means, by deliver/judge.h. */
#include "deliver/judge.h"
#include "tests/unit/suite.h"

#define NOW_MS 1700000000000u
#define LOWEST 0u
#define HIGHEST UINT32_MAX

static const struct wsub_config config = {
    .retry_base_ms = 5000,
    .retry_cap_ms = 60000,
    .probe_cap_ms = 20000,
    .max_attempts = 4,
};

static const struct {
    long status;
    enum deliver_judgement judgement;
} statuses[] = {
    {200, DELIVER_JUDGED_WELL},  {204, DELIVER_JUDGED_WELL},
    {299, DELIVER_JUDGED_WELL},  {300, DELIVER_JUDGED_AGAIN},
    {301, DELIVER_JUDGED_AGAIN}, {404, DELIVER_JUDGED_AGAIN},
    {410, DELIVER_JUDGED_GONE},  {429, DELIVER_JUDGED_AGAIN},
    {500, DELIVER_JUDGED_AGAIN}, {0, DELIVER_JUDGED_AGAIN},
};

START_TEST(a_status_means_well_gone_or_again)
{
    ck_assert_int_eq(deliver_judge_status(statuses[_i].status),
                     statuses[_i].judgement);
}
END_TEST

static const struct {
    uint32_t failures;
    const char *retry_after;
    uint32_t draw;
    uint64_t delay_ms;
} delays[] = {
    {1, NULL, LOWEST, 2500},
    {1, NULL, HIGHEST, 5000},
    {3, NULL, HIGHEST, 20000},
    {1, "7", LOWEST, 7000},
    {3, "1", LOWEST, 1000}, /* it knows best */
    {1, "30", 2999, 32999}, /* up to a tenth later */
    {1, "3600", LOWEST, 60000},
    {1, "59", HIGHEST, 60000},
    {1, "Tue, 14 Nov 2023 22:13:30 GMT", LOWEST, 10000},
    {1, "Tue, 14 Nov 2023 22:13:10 GMT", LOWEST, 2500}, /* past */
    {1, "0", LOWEST, 2500},
    {1, "soon", LOWEST, 2500},
    {1, "-5", LOWEST, 2500},
};

START_TEST(the_delay_is_what_was_asked_for_or_the_backoff)
{
    struct deliver_failure failure = {.failures = delays[_i].failures,
                                      .retry_after = delays[_i].retry_after,
                                      .event_ms = NOW_MS,
                                      .now_ms = NOW_MS,
                                      .draw = delays[_i].draw};
    uint64_t delay_ms = 0;

    ck_assert_int_eq(deliver_judge_failure(&config, &failure, &delay_ms),
                     DELIVER_JUDGED_AGAIN);
    ck_assert_uint_eq(delay_ms, delays[_i].delay_ms);
}
END_TEST

static const struct {
    uint32_t failures, deadline_s;
    uint64_t age_ms;
    enum deliver_judgement judgement;
} ends[] = {
    {3, 0, 1000000000, DELIVER_JUDGED_AGAIN},
    {4, 0, 0, DELIVER_JUDGED_HOPELESS},
    {5, 0, 0, DELIVER_JUDGED_HOPELESS},
    {1, 10, 7500, DELIVER_JUDGED_AGAIN}, /* 2,500 ms later is just in time */
    {1, 10, 7501, DELIVER_JUDGED_HOPELESS},
};

START_TEST(attempts_and_age_end_it)
{
    struct wsub_config with_deadline = config;
    struct deliver_failure failure = {.failures = ends[_i].failures,
                                      .event_ms = NOW_MS - ends[_i].age_ms,
                                      .now_ms = NOW_MS};
    uint64_t delay_ms;

    with_deadline.delivery_deadline_s = ends[_i].deadline_s;
    ck_assert_int_eq(deliver_judge_failure(&with_deadline, &failure, &delay_ms),
                     ends[_i].judgement);
}
END_TEST

static const struct {
    uint32_t failures;
    const char *retry_after;
    uint64_t delay_ms;
} probes[] = {
    {1, NULL, 5000},
    {9, NULL, 20000},
    {1000000, NULL, 20000},
    {9, "45", 49499}, /* the cap is for what nobody asked for */
};

START_TEST(probes_have_a_cap_of_their_own)
{
    struct deliver_failure failure = {.failures = probes[_i].failures,
                                      .retry_after = probes[_i].retry_after,
                                      .now_ms = NOW_MS,
                                      .draw = HIGHEST};

    failure.draw = failure.retry_after != NULL ? 4499 : HIGHEST;
    ck_assert_uint_eq(deliver_judge_probe(&config, &failure),
                      probes[_i].delay_ms);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("judge");

    tcase_add_loop_test(cases, a_status_means_well_gone_or_again, 0,
                        COUNT(statuses));
    tcase_add_loop_test(cases, the_delay_is_what_was_asked_for_or_the_backoff,
                        0, COUNT(delays));
    tcase_add_loop_test(cases, attempts_and_age_end_it, 0, COUNT(ends));
    tcase_add_loop_test(cases, probes_have_a_cap_of_their_own, 0,
                        COUNT(probes));
    return suite_run("judge", cases);
}
