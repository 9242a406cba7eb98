/* test_credit.c - how many entries a reader may claim: deliver/credit.h. */
#include "deliver/credit.h"
#include "tests/unit/suite.h"

#define SLOTS 1024
#define WANT 64 /* entries of each stream */

static const struct deliver_credit outbox = {DELIVER_LANE_OUTBOX, 2, SLOTS};
static const struct deliver_credit bulk = {DELIVER_LANE_BULK, 1, SLOTS};

static const struct {
    const struct deliver_credit *credit;
    size_t left, ahead, want;
    bool waited;
    size_t granted;
    bool batch;
} reads[] = {
    {&outbox, SLOTS, 0, WANT, false, 60, false}, /* of 17 slots each */
    {&outbox, SLOTS, 0, 3, false, 3, false},
    {&outbox, SLOTS, 0, 1, false, 1, false},
    {&outbox, SLOTS, 5000, WANT, false, 60, false}, /* only of `bulk` */
    {&outbox, 64, 0, WANT, false, 3, false},        /* a batch is enough */
    {&outbox, 63, 0, WANT, false, 0, true},
    {&outbox, 63, 0, WANT, true, 3, false},
    {&outbox, 2, 0, WANT, true, 1, false}, /* a job each; more wait */
    {&outbox, 0, 0, WANT, true, 0, true},
    {&bulk, SLOTS, 0, WANT, false, 8, false}, /* 128 jobs ahead */
    {&bulk, SLOTS, 64, WANT, false, 4, false},
    {&bulk, SLOTS, 65, WANT, false, 0, true},
    {&bulk, SLOTS, 65, WANT, true, 3, false},
    {&bulk, SLOTS, 128, WANT, true, 0, true},
    {&bulk, SLOTS, 1000, WANT, true, 0, true},
    {&bulk, 20, 0, WANT, true, 1, false},
};

START_TEST(a_read_gets_what_it_may)
{
    struct deliver_credit_now now = {.left = reads[_i].left,
                                     .ahead = reads[_i].ahead,
                                     .waited = reads[_i].waited};
    bool batch;

    ck_assert_uint_eq(
        deliver_credit_read(reads[_i].credit, &now, reads[_i].want, &batch),
        reads[_i].granted);
    ck_assert_int_eq(batch, reads[_i].batch);
}
END_TEST

static const struct {
    const struct deliver_credit *credit;
    size_t granted;
    bool to_take_over;
    size_t slots;
} slots[] = {
    {&outbox, 0, false, 0}, {&outbox, 1, false, 2}, {&outbox, 2, false, 34},
    {&bulk, 0, false, 0},   {&bulk, 1, false, 1},   {&bulk, 2, false, 32},
    {&outbox, 7, true, 7},  {&bulk, 7, true, 7},
};

START_TEST(several_entries_take_the_slots_of_their_jobs)
{
    ck_assert_uint_eq(deliver_credit_slots(slots[_i].credit, slots[_i].granted,
                                           slots[_i].to_take_over),
                      slots[_i].slots);
}
END_TEST

static const struct {
    struct deliver_credit credit;
    size_t least;
} leasts[] = {
    {{DELIVER_LANE_OUTBOX, 2, 1024}, 17}, /* an entry of each stream */
    {{DELIVER_LANE_OUTBOX, 2, 64}, 4},    /* a share of the slots */
    {{DELIVER_LANE_OUTBOX, 2, 16}, 2},    /* a job of each stream */
    {{DELIVER_LANE_BULK, 1, 1024}, 16},   {{DELIVER_LANE_BULK, 1, 4}, 1},
};

START_TEST(nothing_is_read_for_less)
{
    ck_assert_uint_eq(deliver_credit_least(&leasts[_i].credit),
                      leasts[_i].least);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("credit");

    tcase_add_loop_test(cases, a_read_gets_what_it_may, 0, COUNT(reads));
    tcase_add_loop_test(cases, several_entries_take_the_slots_of_their_jobs, 0,
                        COUNT(slots));
    tcase_add_loop_test(cases, nothing_is_read_for_less, 0, COUNT(leasts));
    return suite_run("credit", cases);
}
