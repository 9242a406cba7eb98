/* suspended.h - GET /admin/suspended: subscriptions whose callback fails. */
#ifndef HUB_SUSPENDED_H
#define HUB_SUSPENDED_H

#include "common/http/request.h"

/* Responds {"count": N, "subscriptions": [...], "next": PLACE}; of a shard those
 * first that have been suspended for longest. */
void hub_suspended(struct wsub_http_request *req, void *hub);

#endif
