/* policy.h - which subscriptions the operator's lists let through, and which
 * events.
 *
 * A list is text: patterns (common/base/pattern.h) that are compared with what
 * common/http/subject.h makes of a topic or a callback.  Dotted topics have no
 * case, so none of a pattern counts for them. */
#ifndef WSUB_HTTP_POLICY_H
#define WSUB_HTTP_POLICY_H

#include <stdbool.h>

#include "common/base/config.h"

/* Why a subscription is denied, as a sentence for the subscriber; NULL when
 * it is not.  Both are normalized. */
const char *wsub_policy_denial(const struct wsub_config *config,
                               const char *topic, const char *callback);

/* Whether the normalized topic may be subscribed to. */
bool wsub_policy_serves(const struct wsub_config *config, const char *topic);

/* Whether topic_deny names the normalized topic of an event: a subscription to
 * a level above it, or to `*`, does not get it either.  topic_allow says what
 * may be subscribed to, and by that which events below it arrive. */
bool wsub_policy_denies_event(const struct wsub_config *config,
                              const char *topic);

#endif
