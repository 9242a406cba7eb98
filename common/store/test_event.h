/* test_event.h - events that an operator sends to one subscription to see whether
 * it responds (test_event.lua).
 *
 * Such an event never is in the log, so nobody else sees it: its content is in
 * kept:E while its job, or the dead letter of that, refers to it.  It is known by
 * its id, whose number the log never reaches within a ms. */
#ifndef WSUB_STORE_TEST_EVENT_H
#define WSUB_STORE_TEST_EVENT_H

#include <stdbool.h>

/* Whether it is the id, MS-SEQ, of such an event. */
bool wsub_test_event_is(const char *id);

#endif
