/* validate.h - whether topics want their subscribers here (WebSub section 5.2):
 * the setting validate_topic.
 *
 *   entering the host -> requesting the topic -> storing the outcome ---> gone
 *       '----------------------'-- the host is busy -> putting it back --^
 *
 * A subscribe request goes on to its verification or to a denial
 * (verdict.h).  Requests for one topic that come before its response share the
 * fetch, which is never conditional. */
#ifndef SPREADER_VALIDATE_H
#define SPREADER_VALIDATE_H

#include "spreader/topics.h"

struct spread_validator;
struct wsub_wanted;

struct spread_validator *
spread_validator_new(const struct spread_topics_options *options);
/* The store and the client are closed before. */
void spread_validator_free(struct spread_validator *validator);

/* Looks at the topic of a subscribe request that was taken; it is over once its
 * outcome is in Redis. */
void spread_validate_start(struct spread_validator *validator,
                           struct spread_shard *shard,
                           const struct wsub_wanted *wanted);

/* Drops what is requested for the shard. */
void spread_validator_close(struct spread_validator *validator, unsigned shard);

#endif
