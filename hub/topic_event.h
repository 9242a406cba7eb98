/* topic_event.h - one event, for operators: its content, and that it is delivered
 * again. */
#ifndef HUB_TOPIC_EVENT_H
#define HUB_TOPIC_EVENT_H

#include "common/http/route.h"

/* GET /admin/topic-events/ID: what /events/ID tells, and the first 64 KiB of its
 * content. */
wsub_http_handler hub_topic_event;

/* POST /admin/topic-events/ID/deliver {"callback"?}: a replay of that event, to all
 * subscriptions to its topic, or to that of the callback to it or to a topic above;
 * 202 {"id": ID of the replay}. */
wsub_http_handler hub_topic_event_deliver;

#endif
