/* test_outcome.c - what becomes of a job, by deliver/outcome.h. */
#include "deliver/outcome.h"
#include "tests/unit/suite.h"

#define NOW_MS 1700000000000u
#define LOWEST 0u
#define HIGHEST UINT32_MAX

static const struct wsub_config config = {
    .probe_cap_ms = 20000,
    .suspend_after = 10,
};
static const struct wsub_policy policy = {
    .retry_base_ms = 5000,
    .retry_cap_ms = 60000,
    .max_attempts = 4,
};

static const struct {
    long status;
    enum wsub_outcome outcome;
} statuses[] = {
    {200, WSUB_OUTCOME_DONE},  {204, WSUB_OUTCOME_DONE},
    {299, WSUB_OUTCOME_DONE},  {300, WSUB_OUTCOME_RETRY},
    {301, WSUB_OUTCOME_RETRY}, {404, WSUB_OUTCOME_RETRY},
    {410, WSUB_OUTCOME_GONE},  {429, WSUB_OUTCOME_RETRY},
    {500, WSUB_OUTCOME_RETRY}, {0, WSUB_OUTCOME_RETRY},
};

START_TEST(a_status_means_done_gone_or_retry)
{
    ck_assert_int_eq(deliver_outcome_of_status(statuses[_i].status),
                     statuses[_i].outcome);
}
END_TEST

static const struct {
    uint32_t failures;
    uint64_t asked_ms;
    uint32_t random;
    uint64_t delay_ms;
} delays[] = {
    {1, 0, LOWEST, 2500},        {1, 0, HIGHEST, 5000},
    {3, 0, HIGHEST, 20000},      {1, 7000, LOWEST, 7000},
    {3, 1000, LOWEST, 1000}, /* it knows best */
    {1, 30000, 2999, 32999}, /* up to a tenth later */
    {1, 3600000, LOWEST, 60000}, {1, 59000, HIGHEST, 60000},
};

START_TEST(the_delay_is_what_was_asked_for_or_the_backoff)
{
    struct deliver_failure failure = {.failures = delays[_i].failures,
                                      .asked_ms = delays[_i].asked_ms,
                                      .event_ms = NOW_MS,
                                      .now_ms = NOW_MS,
                                      .random = delays[_i].random};
    uint64_t delay_ms = 0;

    ck_assert_int_eq(
        deliver_outcome_failed(&config, &policy, &failure, &delay_ms),
        WSUB_OUTCOME_RETRY);
    ck_assert_uint_eq(delay_ms, delays[_i].delay_ms);
}
END_TEST

static const struct {
    uint32_t failures, deadline_s;
    uint64_t age_ms;
    enum wsub_outcome outcome;
} ends[] = {
    {3, 0, 1000000000, WSUB_OUTCOME_RETRY},
    {4, 0, 0, WSUB_OUTCOME_DEAD},
    {5, 0, 0, WSUB_OUTCOME_DEAD},
    {1, 10, 7500, WSUB_OUTCOME_RETRY}, /* 2,500 ms later is just in time */
    {1, 10, 7501, WSUB_OUTCOME_DEAD},
    {1, 10, NOW_MS, WSUB_OUTCOME_RETRY}, /* a replay: it has no deadline */
};

START_TEST(attempts_and_age_end_it)
{
    struct wsub_policy with_deadline = policy;
    struct deliver_failure failure = {.failures = ends[_i].failures,
                                      .event_ms = NOW_MS - ends[_i].age_ms,
                                      .now_ms = NOW_MS};
    uint64_t delay_ms;

    with_deadline.delivery_deadline_s = ends[_i].deadline_s;
    ck_assert_int_eq(
        deliver_outcome_failed(&config, &with_deadline, &failure, &delay_ms),
        ends[_i].outcome);
}
END_TEST

static const struct {
    uint32_t failures;
    uint64_t asked_ms;
    uint64_t delay_ms;
} probes[] = {
    {1, 0, 5000},
    {9, 0, 20000},
    {1000000, 0, 20000},
    {9, 45000, 49499}, /* the cap is for what nobody asked for */
};

START_TEST(probes_have_a_cap_of_their_own_and_never_end)
{
    struct deliver_failure failure = {.is_cursor = true,
                                      .suspended = true,
                                      .failures = probes[_i].failures,
                                      .asked_ms = probes[_i].asked_ms,
                                      .now_ms = NOW_MS};
    uint64_t delay_ms = 0;

    failure.random = failure.asked_ms > 0 ? 4499 : HIGHEST;
    ck_assert_int_eq(
        deliver_outcome_failed(&config, &policy, &failure, &delay_ms),
        WSUB_OUTCOME_SUSPEND);
    ck_assert_uint_eq(delay_ms, probes[_i].delay_ms);
}
END_TEST

static const struct {
    bool is_cursor, suspended;
    uint32_t failures, run;
    enum wsub_outcome outcome;
} runs[] = {
    {false, false, 1, 9, WSUB_OUTCOME_RETRY},
    {false, false, 1, 10, WSUB_OUTCOME_SUSPEND},
    {false, false, 4, 10, WSUB_OUTCOME_DEAD}, /* its attempts are used up */
    {true, false, 1, 9, WSUB_OUTCOME_RETRY},
    {true, false, 4, 9, WSUB_OUTCOME_DEAD}, /* ordered: the next event's turn */
    {true, false, 4, 10, WSUB_OUTCOME_SUSPEND},
    {true, true, 1, 1, WSUB_OUTCOME_SUSPEND},
};

START_TEST(failures_in_a_row_suspend)
{
    struct deliver_failure failure = {.is_cursor = runs[_i].is_cursor,
                                      .suspended = runs[_i].suspended,
                                      .failures = runs[_i].failures,
                                      .run = runs[_i].run,
                                      .event_ms = NOW_MS,
                                      .now_ms = NOW_MS};
    uint64_t delay_ms;

    ck_assert_int_eq(
        deliver_outcome_failed(&config, &policy, &failure, &delay_ms),
        runs[_i].outcome);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("outcome");

    tcase_add_loop_test(cases, a_status_means_done_gone_or_retry, 0,
                        COUNT(statuses));
    tcase_add_loop_test(cases, the_delay_is_what_was_asked_for_or_the_backoff,
                        0, COUNT(delays));
    tcase_add_loop_test(cases, attempts_and_age_end_it, 0, COUNT(ends));
    tcase_add_loop_test(cases, probes_have_a_cap_of_their_own_and_never_end, 0,
                        COUNT(probes));
    tcase_add_loop_test(cases, failures_in_a_row_suspend, 0, COUNT(runs));
    return suite_run("outcome", cases);
}
