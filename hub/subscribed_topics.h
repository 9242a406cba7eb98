/* subscribed_topics.h - GET /admin/topics: the topics that have subscriptions, page
 * by page, each with how many it has.
 *
 * A request looks at a bounded number of topics, whatever its filter leaves out. */
#ifndef HUB_SUBSCRIBED_TOPICS_H
#define HUB_SUBSCRIBED_TOPICS_H

#include "common/http/route.h"

wsub_http_handler hub_subscribed_topics;

#endif
