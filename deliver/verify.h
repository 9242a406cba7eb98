/* verify.h - verification of intent (WebSub section 5.3).
 *
 *   loading -> waiting -> asking -> applying -> gone
 *      |         (host slot)           ^
 *      '--> applying (superseded) -----'   stalled: Redis went away
 *
 * A random challenge is asked for at the callback; a 2xx answer that equals
 * it byte for byte confirms.  The outcome is applied by the `verified`
 * script, which knows whether the request still counts. */
#ifndef DELIVER_VERIFY_H
#define DELIVER_VERIFY_H

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

#endif
