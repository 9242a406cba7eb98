/* queues.h - the admin API's list of what waits in each queue of each shard
 * (common/store/waiting.h). */
#ifndef HUB_QUEUES_H
#define HUB_QUEUES_H

struct wsub_http_request;

/* GET /admin/queues */
void hub_queues(struct wsub_http_request *req, void *hub);

#endif
