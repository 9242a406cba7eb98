/* pull_walk.h - random requests for the messages of a pull subscription, many at
 * once: some find out late that another was faster, some can't write what they
 * took, some die, and the topics change in between.
 *
 * Whatever happens, no message that was received is handed out again, none while
 * it is held, and in the end each was received. */
#ifndef TESTS_SUPPORT_PULL_WALK_H
#define TESTS_SUPPORT_PULL_WALK_H

#define PULL_WALKS 8

/* After the store is set up (pull_calls.h). */
void pull_walk(unsigned seed);

/* The same with explicit ack: no message that was acknowledged is handed out
 * again, and no other is left out. */
void pull_walk_acks(unsigned seed);

#endif
