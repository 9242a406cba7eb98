/* verifications.h - GET /admin/verifications: those that failed within the last
 * hour, and why. */
#ifndef HUB_VERIFICATIONS_H
#define HUB_VERIFICATIONS_H

#include "common/http/request.h"

/* Responds {"verifications": [...], "next": PLACE}, the newest first. */
void hub_verifications(struct wsub_http_request *req, void *hub);

#endif
