/* validate.h - whether a topic wants its subscribers here (WebSub section 5.2):
 * the setting validate_topic.
 *
 *   fetching -> storing -> gone
 *                 '-- stalled: Redis went away
 *
 * The topic must name this hub as rel=hub and itself as rel=self; then the
 * request goes on to its verification, else to a denial (validated.lua).
 * Requests for one topic that come before its answer share the fetch, which is
 * never conditional. */
#ifndef SPREADER_VALIDATE_H
#define SPREADER_VALIDATE_H

#include <stdbool.h>

struct spreader;
struct spread_validator;
struct wsub_stream_entry;

struct spread_validator *spread_validator_new(struct spreader *s);
void spread_validator_free(struct spread_validator *validator);

/* Takes a claimed entry of `pings` that has passed spread_check_ping() and has
 * a field `q`; spread_intake_release() is called once its outcome is in
 * Redis. */
void spread_validate_start(struct spread_validator *validator,
                           const struct wsub_stream_entry *entry);

/* True when nothing is fetched or stored. */
bool spread_validator_idle(const struct spread_validator *validator);

#endif
