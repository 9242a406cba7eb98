/* topic_check.h - which topics may be pulled. */
#ifndef HUB_PULL_TOPIC_CHECK_H
#define HUB_PULL_TOPIC_CHECK_H

#include "common/base/buf.h"
#include "hub/hub.h"

/* Adds a topic that somebody wants to pull to the text of its topics (topics.h).
 * Returns NULL; or what is wrong with it, as the end of a sentence. */
const char *hub_pull_topic_check(const struct hub *hub, const char *value,
                                 struct wsub_buf *text);

#endif
