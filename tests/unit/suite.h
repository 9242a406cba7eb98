/* suite.h - what every Check program of this folder needs. */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <stdlib.h>

#include <check.h>

/* The rows of a case table, as tcase_add_loop_test() wants them. */
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Below the limit of ctest; Check's own 4 s are few on a slow machine. */
#define CASE_TIMEOUT_S 50

/* Runs the cases as the suite `name`; returns main()'s exit status. */
static inline int suite_run(const char *name, TCase *cases)
{
    Suite *suite = suite_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(cases, CASE_TIMEOUT_S);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
