/* event.h - an event by its id, for its publisher: what it is, how its
 * deliveries stand, and its body for who may push. */
#ifndef HUB_EVENT_H
#define HUB_EVENT_H

#include <stdbool.h>

#include "common/http/request.h"

/* GET /events/ID */
void hub_event(struct wsub_http_request *req, void *hub);

/* The check of the body's head: who may be one who pushes. */
bool hub_event_body_check(struct wsub_http_request *req, void *hub);

/* GET /events/ID/body */
void hub_event_body(struct wsub_http_request *req, void *hub);

#endif
