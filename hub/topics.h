/* topics.h - GET /topics?hub.topic=T: how the last fetch of a topic went. */
#ifndef HUB_TOPICS_H
#define HUB_TOPICS_H

#include "common/http/request.h"

/* Responds to a topic's publisher with JSON, or 404 when the topic was never
 * fetched; subscribers are not shown. */
void hub_topics(struct wsub_http_request *req, void *hub);

#endif
