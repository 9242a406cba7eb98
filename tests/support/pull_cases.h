/* pull_cases.h - what the cases of pull_suite.h need.
 *
 * Each says what a call must have as its result. */
#ifndef TESTS_SUPPORT_PULL_CASES_H
#define TESTS_SUPPORT_PULL_CASES_H

#include "tests/support/pull_calls.h"
#include "tests/unit/suite.h"

#define ID "one"
#define TTL_S 60
#define START "0-10-0 3-30-0" /* of ID */

/* Of ID; made by pull_suite.c for each case. */
extern struct pull_request first, second, third;

void check(enum wsub_pull_result result, enum wsub_pull_result wanted);
void done(enum wsub_pull_result result);
void begins(struct pull_request *request);
void begins_at(struct pull_request *request, const char *cursors);
void list_is(const char *after, size_t limit, const char *wanted);
void add(bool explicit_ack);

void add_subscriptions(TCase *cases);
void add_changes(TCase *cases);
void add_messages(TCase *cases);
void add_ends(TCase *cases);

#endif
