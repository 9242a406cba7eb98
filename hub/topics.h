/* topics.h - GET /topics?hub.topic=T: how the last fetch of a topic went. */
#ifndef HUB_TOPICS_H
#define HUB_TOPICS_H

#include <stdbool.h>

#include <jansson.h>

#include "common/http/request.h"
#include "common/store/topics.h"

/* Responds to a topic's publisher with JSON, or 404 when the topic was never
 * fetched; subscribers are not shown. */
void hub_topics(struct wsub_http_request *req, void *hub);

/* What is told of a fetch; why no response came only to operators. */
json_t *hub_topics_fetch(const struct wsub_last_fetch *fetch, bool is_operator);

#endif
