/* test_in_flight.c - how many requests of each kind may be in flight, by
 * deliver/in_flight.h. */
#include "deliver/in_flight.h"

#include "tests/unit/suite.h"

static const struct {
    uint32_t slots, max_sockets;
    struct deliver_in_flight expected;
} cases_[] = {
    {1024, 0, {512, 256, 3072, 4352}},
    {1024, 100000, {512, 256, 3072, 4352}},
    {355, 948, {177, 88, 268, 711}},
    {67, 180, {33, 16, 52, 135}},
    {32, 32, {12, 6, 0, 24}}, /* more slots, for many shards, than sockets */
    {4, 0, {2, 1, 12, 17}},
};

START_TEST(what_is_in_flight_is_divided_as_far_as_the_sockets_go)
{
    struct deliver_in_flight got =
        deliver_in_flight_of(cases_[_i].slots, cases_[_i].max_sockets);

    ck_assert_uint_eq(got.unproven, cases_[_i].expected.unproven);
    ck_assert_uint_eq(got.verifications, cases_[_i].expected.verifications);
    ck_assert_uint_eq(got.lingering, cases_[_i].expected.lingering);
    ck_assert_uint_eq(got.all, cases_[_i].expected.all);
}
END_TEST

/* Or what waits for them in the client would wait for hosts that hang. */
START_TEST(hosts_that_hang_never_have_all_that_the_client_sends)
{
    for (uint32_t sockets = 32; sockets < 10000; sockets++) {
        uint32_t slots = sockets / 4 + 32;
        struct deliver_in_flight got = deliver_in_flight_of(slots, sockets);

        ck_assert_uint_lt(got.unproven + got.verifications + got.lingering,
                          got.all);
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("in_flight");

    tcase_add_loop_test(cases,
                        what_is_in_flight_is_divided_as_far_as_the_sockets_go,
                        0, COUNT(cases_));
    tcase_add_test(cases, hosts_that_hang_never_have_all_that_the_client_sends);
    return suite_run("in_flight", cases);
}
