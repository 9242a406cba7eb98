#include "tests/support/pull_suite.h"

#include <stdlib.h>

#include "tests/support/pull_cases.h"
#include "tests/support/pull_walk.h"

static const struct pull_kind *kind;
struct pull_request first = {.id = ID, .token = "first"};
struct pull_request second = {.id = ID, .token = "second"};
struct pull_request third = {.id = ID, .token = "third"};

static void set_up(void)
{
    kind->set_up();
    pull_calls_of(kind);
}

static void tear_down(void)
{
    pull_request_done(&first);
    pull_request_done(&second);
    pull_request_done(&third);
    kind->tear_down();
}

void check(enum wsub_pull_result result, enum wsub_pull_result wanted)
{
    ck_assert_int_eq(result, wanted);
}

void done(enum wsub_pull_result result)
{
    check(result, WSUB_PULL_DONE);
}

void begins(struct pull_request *request)
{
    done(pull_begin(request, 1000, false, NULL));
}

void begins_at(struct pull_request *request, const char *cursors)
{
    begins(request);
    ck_assert_str_eq(request->cursors, cursors);
}

void list_is(const char *after, size_t limit, const char *wanted)
{
    char *found = pull_list(after, limit);

    ck_assert_str_eq(found, wanted);
    free(found);
}

void add(bool explicit_ack)
{
    done(pull_add(ID, "orders invoices", TTL_S, explicit_ack, START));
}

START_TEST(no_message_is_lost_or_handed_out_twice)
{
    pull_walk((unsigned)_i);
}
END_TEST

START_TEST(no_acknowledged_message_is_handed_out_again)
{
    pull_walk_acks((unsigned)_i);
}
END_TEST

int pull_suite_run(const struct pull_kind *pulls)
{
    TCase *cases = tcase_create("pull_suite");

    kind = pulls;
    tcase_add_checked_fixture(cases, set_up, tear_down);
    add_subscriptions(cases);
    add_changes(cases);
    add_messages(cases);
    add_ends(cases);
    tcase_add_loop_test(cases, no_message_is_lost_or_handed_out_twice, 0,
                        PULL_WALKS);
    tcase_add_loop_test(cases, no_acknowledged_message_is_handed_out_again, 0,
                        PULL_WALKS);
    return suite_run(pulls->name, cases);
}
