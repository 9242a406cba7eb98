/* ending.h - how a delivery ends.
 *
 * Each of these gives the delivery's job an outcome, and the job to the
 * settler. */
#ifndef DELIVER_ENDING_H
#define DELIVER_ENDING_H

#include <stdint.h>

#include "common/http/client.h"
#include "common/store/settlement.h"
#include "deliver/delivery_parts.h"

struct wsub_policy;

/* Goes to a state; the only writer of it. */
void deliver_delivery_enter(struct delivery *v, enum delivery_state state);

/* What holds for its event's topic, once the content is there; valid until the loop
 * goes round. */
const struct wsub_policy *deliver_delivery_policy(const struct delivery *v);

/* Unix time at which its event was accepted; 0 in a replay, which has no
 * deadline. */
uint64_t deliver_delivery_event_ms(const struct delivery *v);

/* Ends the delivery as it is. */
void deliver_end_settle(struct delivery *v, enum wsub_outcome outcome);

/* Puts the job back untried: due in `delay_ms`, no attempt spent. */
void deliver_end_put_back(struct delivery *v, uint64_t delay_ms);

/* There is nobody to deliver to. */
void deliver_end_drop(struct delivery *v, const char *why);

/* Gives the job's event up: a dead letter. */
void deliver_end_dead(struct delivery *v, const char *why);

/* What the job needs can't be interpreted, as `what` names it: it comes again, and
 * after undecodable_max_tries it is given up.  No attempt is spent. */
void deliver_end_hold(struct delivery *v, const char *what);

/* The job's subscription has failed too often: it is in cursor mode from now
 * on, and probed in job.delay_ms. */
void deliver_end_suspend(struct delivery *v, const char *why);

/* The POST is over: done, gone, or a failure, which is noted for the host and
 * the attempt log. */
void deliver_end_responded(struct delivery *v,
                           const struct wsub_http_response *response);

#endif
