/* pull_suite.h - what any store of pull subscriptions does
 * (common/store/pull/subscription_store.h): one suite that all kinds pass. */
#ifndef TESTS_SUPPORT_PULL_SUITE_H
#define TESTS_SUPPORT_PULL_SUITE_H

#include "tests/support/pull_calls.h"

/* Returns main()'s exit status. */
int pull_suite_run(const struct pull_kind *kind);

#endif
