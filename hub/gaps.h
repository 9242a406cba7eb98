/* gaps.h - GET /admin/gaps: events that left by retention before a subscription
 * got them. */
#ifndef HUB_GAPS_H
#define HUB_GAPS_H

#include "common/http/request.h"

/* Responds {"gaps": [...], "next": PLACE}, the newest first. */
void hub_gaps(struct wsub_http_request *req, void *hub);

#endif
