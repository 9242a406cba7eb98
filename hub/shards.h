/* shards.h - GET /admin/shards: who owns each shard, and how far it is. */
#ifndef HUB_SHARDS_H
#define HUB_SHARDS_H

#include "common/http/request.h"

/* Responds {"shards": [...], "next": PLACE}. */
void hub_shards(struct wsub_http_request *req, void *hub);

#endif
