/* policy.h - which subscriptions the operator's lists let through.
 *
 * A list is text: patterns separated by commas, blanks around them ignored.  In
 * a pattern '*' stands for any bytes, also none; all else for itself.  Pure,
 * and linear in the length of pattern and subject: the pieces between wildcards
 * are looked for from left to right, each once. */
#ifndef HUB_POLICY_H
#define HUB_POLICY_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/config.h"

/* Whether one of the patterns matches the whole subject. */
bool hub_policy_matches(const char *patterns, const char *subject);

/* Writes what the patterns are compared with.  Of an http(s) URL: scheme and
 * host in lower case, no dot behind the host, no default port, "/" for an
 * empty path, so that no spelling of a host gets around a list.  Of anything
 * else: itself. */
void hub_policy_subject(const char *normalized, struct wsub_buf *ret_subject);

/* Why a subscription is denied, as a sentence for the subscriber; NULL when
 * it is not.  Both are normalized. */
const char *hub_policy_denial(const struct wsub_config *config,
                              const char *topic, const char *callback);

#endif
