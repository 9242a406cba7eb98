/* instances.h - which processes there are, and how they are. */
#ifndef HUB_INSTANCES_H
#define HUB_INSTANCES_H

#include "common/http/request.h"

/* GET /admin/instances: responds {"instances": [...], "next": NAME}, sorted by
 * name. */
void hub_instances(struct wsub_http_request *req, void *hub);

/* GET /admin/health/instances: responds {ROLE: {STATE: COUNT, ...}, ...}. */
void hub_instances_health(struct wsub_http_request *req, void *hub);

#endif
