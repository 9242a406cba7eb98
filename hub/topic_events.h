/* topic_events.h - GET /admin/topic-events: the events of a topic, and of those
 * below it, the newest first.
 *
 * A request looks at a bounded part of the log, so a page may be short, or empty,
 * and have a `next`. */
#ifndef HUB_TOPIC_EVENTS_H
#define HUB_TOPIC_EVENTS_H

#include "common/http/route.h"

wsub_http_handler hub_topic_events;

#endif
