/* events.h - GET /admin/events: what happened in the cluster, or to the
 * subscriptions of one shard. */
#ifndef HUB_EVENTS_H
#define HUB_EVENTS_H

#include "common/http/request.h"

/* Responds {"events": [...], "next": ID}, the oldest first. */
void hub_events(struct wsub_http_request *req, void *hub);

#endif
