/* verify.h - verification of intent (WebSub section 5.3), and denials
 * (section 5.2), which go the same way.
 *
 *   loading -> waiting -> asking -> applying -> gone
 *      |         (host slot)           ^
 *      '--> applying (superseded) -----'   stalled: Redis went away
 *
 * What is asked at the callback, and what its answer means, is in ask.h.  The
 * outcome is applied by the `verified` script, which knows whether the request
 * still counts. */
#ifndef DELIVER_VERIFY_H
#define DELIVER_VERIFY_H

#include <stddef.h>

struct deliver;
struct deliver_verification;
struct wsub_stream_entry;

/* Takes a claimed entry of `verify`; its slot is given back by
 * deliver_claim_release() once the outcome is in Redis. */
void deliver_verify_start(struct deliver *d,
                          const struct wsub_stream_entry *entry);

/* Redis may be back: stalled verifications go on. */
void deliver_verify_resume(struct deliver *d);

/* Drops every verification at teardown; others take the entries over. */
void deliver_verify_abandon(struct deliver *d);

/* Verifications that are claimed and not settled. */
size_t deliver_verify_held(const struct deliver *d);

#endif
