/* topic.h - GET /admin/topic: how one topic does.
 *
 * Its events are counted in the newest part of the log, of which a request looks at
 * a bounded one. */
#ifndef HUB_TOPIC_H
#define HUB_TOPIC_H

#include "common/http/route.h"

wsub_http_handler hub_topic;

#endif
