/* cluster.h - GET /admin/leader: who is the coordinator. */
#ifndef HUB_CLUSTER_H
#define HUB_CLUSTER_H

#include "common/http/request.h"

/* Responds {"leader": {"instance", "incarnation", "epoch", "lease_ms"}}, or
 * {"leader": null} when nobody is. */
void hub_leader(struct wsub_http_request *req, void *hub);

#endif
