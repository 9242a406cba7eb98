/* rejected.h - GET /admin/rejected: entries of producers that could not be used. */
#ifndef HUB_REJECTED_H
#define HUB_REJECTED_H

#include "hub/operator.h"

struct wsub_http_request;

void hub_rejected(struct wsub_http_request *req, void *hub);

#endif
