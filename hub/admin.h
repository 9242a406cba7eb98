/* admin.h - what an operator may do; off without an admin_token. */
#ifndef HUB_ADMIN_H
#define HUB_ADMIN_H

#include "common/http/request.h"

/* POST /admin/deny: ends the subscriptions to hub.topic, or the one of
 * hub.callback, and tells each callback hub.reason (WebSub section 5.2).
 * Responds 200 {"denied": N}. */
void hub_admin_deny(struct wsub_http_request *req, void *hub);

#endif
