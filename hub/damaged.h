/* damaged.h - GET /admin/damaged: what was found damaged in Redis, and moved out of
 * the way. */
#ifndef HUB_DAMAGED_H
#define HUB_DAMAGED_H

#include "common/http/request.h"

/* Responds {"damaged": [...], "next": PLACE}, the newest first. */
void hub_damaged(struct wsub_http_request *req, void *hub);

#endif
