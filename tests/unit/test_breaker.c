/* test_breaker.c - the circuit breaker of deliver/breaker.h. */
#include "common/host/breaker.h"
#include "tests/unit/suite.h"

#define LOWEST 0u
#define HIGHEST UINT32_MAX
#define SECOND UINT64_C(1000000)

static struct wsub_breaker breaker;

static void set_up(void)
{
    breaker = (struct wsub_breaker){0};
}

/* Notes outcomes of requests that start and end at `now_us`: `+` alive, `-`
 * down, `?` unknown.  Returns how many changed the breaker. */
static int note(const char *outcomes, uint32_t random, uint64_t now_us)
{
    int changes = 0;

    for (; *outcomes != '\0'; outcomes++) {
        enum wsub_host_health health = *outcomes == '+'   ? WSUB_HOST_ALIVE
                                       : *outcomes == '-' ? WSUB_HOST_DOWN
                                                          : WSUB_HOST_UNKNOWN;

        if (wsub_breaker_admits(&breaker, now_us))
            wsub_breaker_start(&breaker, now_us);
        if (wsub_breaker_note(&breaker, health, now_us, random, now_us))
            changes++;
    }
    return changes;
}

static const struct {
    const char *outcomes;
    bool opens;
} runs[] = {
    {"", false},           {"-", false},      {"----", false},
    {"-----", true},       {"----+-", false}, {"----+----", false},
    {"--+-----", true},    {"----?-", true},  {"?????", false},
    {"-+-+-+-+-+", false}, {"-------", true},
};

START_TEST(five_failures_in_a_row_open_it)
{
    ck_assert_int_eq(note(runs[_i].outcomes, HIGHEST, 3), runs[_i].opens);
    ck_assert(wsub_breaker_admits(&breaker, 3) != runs[_i].opens);
}
END_TEST

static const struct {
    uint32_t openings; /* this one included */
    uint32_t random;
    uint64_t open_ms;
} spans[] = {
    {1, HIGHEST, 1000},  {1, LOWEST, 500},   {2, HIGHEST, 2000},
    {2, LOWEST, 1000},   {3, HIGHEST, 4000}, {6, HIGHEST, 32000},
    {7, HIGHEST, 60000}, {7, LOWEST, 30000}, {99, HIGHEST, 60000},
};

START_TEST(it_stays_open_for_longer_each_time)
{
    uint64_t now_us = 0, open_us = spans[_i].open_ms * 1000;

    note("-----", spans[_i].random, now_us);
    for (uint32_t i = 1; i < spans[_i].openings; i++) {
        now_us += 60 * SECOND;
        ck_assert_int_eq(note("-", spans[_i].random, now_us), 1);
    }
    ck_assert_uint_eq(wsub_breaker_wait_ms(&breaker, now_us),
                      spans[_i].open_ms);
    ck_assert(!wsub_breaker_admits(&breaker, now_us + open_us - 1));
    ck_assert_uint_eq(wsub_breaker_wait_ms(&breaker, now_us + open_us - 1), 1);
    ck_assert(wsub_breaker_admits(&breaker, now_us + open_us));
}
END_TEST

START_TEST(one_tries_it_the_others_are_not_admitted)
{
    note("-----", HIGHEST, 0);
    wsub_breaker_start(&breaker, SECOND);
    ck_assert_int_eq(breaker.state, WSUB_BREAKER_HALF_OPEN);
    ck_assert(!wsub_breaker_admits(&breaker, 100 * SECOND));
    ck_assert_uint_eq(wsub_breaker_wait_ms(&breaker, 100 * SECOND), 1000);
}
END_TEST

START_TEST(success_closes_it_and_all_is_forgiven)
{
    note("-----", HIGHEST, 0);
    note("-", HIGHEST, SECOND);
    ck_assert_int_eq(note("+", HIGHEST, 3 * SECOND), 1);
    ck_assert(wsub_breaker_admits(&breaker, 3 * SECOND));
    ck_assert_int_eq(note("----", HIGHEST, 4 * SECOND), 0);
    ck_assert_int_eq(note("-", HIGHEST, 4 * SECOND), 1);
    ck_assert_uint_eq(breaker.until_us, 5 * SECOND);
}
END_TEST

START_TEST(a_try_that_says_nothing_is_repeated_at_once)
{
    note("-----", HIGHEST, 0);
    ck_assert_int_eq(note("?", HIGHEST, SECOND), 0);
    ck_assert_int_eq(breaker.state, WSUB_BREAKER_OPEN);
    ck_assert(wsub_breaker_admits(&breaker, SECOND));
    ck_assert_int_eq(note("-", HIGHEST, SECOND), 1);
    ck_assert_uint_eq(breaker.until_us, 3 * SECOND);
}
END_TEST

START_TEST(transfers_from_before_a_change_say_nothing)
{
    note("-----", HIGHEST, SECOND);
    ck_assert(!wsub_breaker_note(&breaker, WSUB_HOST_ALIVE, 0, 0, SECOND + 1));
    ck_assert(!wsub_breaker_admits(&breaker, SECOND + 1));
    wsub_breaker_start(&breaker, 2 * SECOND);
    ck_assert(
        !wsub_breaker_note(&breaker, WSUB_HOST_DOWN, 0, 0, 2 * SECOND + 1));
    ck_assert(
        !wsub_breaker_note(&breaker, WSUB_HOST_UNKNOWN, 0, 0, 2 * SECOND + 1));
    ck_assert_int_eq(breaker.state, WSUB_BREAKER_HALF_OPEN);
    ck_assert(wsub_breaker_note(&breaker, WSUB_HOST_ALIVE, 2 * SECOND, 0,
                                3 * SECOND));
    for (int i = 0; i < 9; i++)
        ck_assert(
            !wsub_breaker_note(&breaker, WSUB_HOST_DOWN, 0, 0, 4 * SECOND));
    ck_assert(wsub_breaker_admits(&breaker, 4 * SECOND));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("breaker");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_loop_test(cases, five_failures_in_a_row_open_it, 0, COUNT(runs));
    tcase_add_loop_test(cases, it_stays_open_for_longer_each_time, 0,
                        COUNT(spans));
    tcase_add_test(cases, one_tries_it_the_others_are_not_admitted);
    tcase_add_test(cases, success_closes_it_and_all_is_forgiven);
    tcase_add_test(cases, a_try_that_says_nothing_is_repeated_at_once);
    tcase_add_test(cases, transfers_from_before_a_change_say_nothing);
    return suite_run("breaker", cases);
}
