/* attempts.h - GET /admin/attempts: what became of one subscription. */
#ifndef HUB_ATTEMPTS_H
#define HUB_ATTEMPTS_H

#include "common/http/request.h"

/* Responds with the state, the totals and the last attempts of the subscription
 * of hub.topic and hub.callback; 404 when there is none. */
void hub_attempts(struct wsub_http_request *req, void *hub);

#endif
