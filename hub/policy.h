/* policy.h - what the topic group of a topic says of a request
 * (common/groups/groups.h).
 *
 * Tokens of a group count in place of the hub's own.  Where some group has tokens
 * the head of a request can't tell yet who may send it: it is let through when its
 * client may be somebody's (hub_policy_may_be()), and decided once its topics are
 * known.
 *
 * A topic above others, as `orders` or `*`, brings events of these: who subscribes
 * to it needs a token of each group below that has tokens for subscribing. */
#ifndef HUB_POLICY_H
#define HUB_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/groups/policy.h"
#include "common/store/topic.h"
#include "hub/hub.h"
#include "hub/tokens.h"

struct hub_errors;
struct wsub_http_request;

/* Whether the groups were read, so that requests can be decided; else responds
 * 503. */
bool hub_policy_ready(const struct hub *hub, struct wsub_http_request *req);

/* The policy of a topic in normal spelling. */
const struct wsub_policy *hub_policy_of(const struct hub *hub,
                                        const char *topic);

/* The policy of the one hub.topic of the query; that of the settings where there is
 * none that is right, which the handler tells. */
const struct wsub_policy *
hub_policy_of_query(const struct hub *hub, const struct wsub_http_request *req,
                    enum wsub_topic_use use);

/* Whether `authorization` (a header's value, or NULL) is good for that use of topics
 * with the policy: HUB_TOKEN_PUBLISH or _SUBSCRIBE. */
bool hub_policy_admits(const struct hub *hub, const struct wsub_policy *policy,
                       enum hub_token_use use, const char *authorization);

/* The same where a token was shown: its client is no stranger. */
bool hub_policy_shows(const struct hub *hub, const struct wsub_policy *policy,
                      enum hub_token_use use, const char *authorization);

/* Whether it may subscribe to the topic; "" is every topic. */
bool hub_policy_admits_subscriber(const struct hub *hub, const char *topic,
                                  const char *authorization);

/* Whether its client may be one whom the hub, or some group, lets in for that
 * use. */
bool hub_policy_may_be(const struct hub *hub, enum hub_token_use use,
                       const char *authorization);

/* Responds 410: topics below the prefix were deleted. */
void hub_policy_refuse_gone(struct wsub_http_request *req);

#endif
