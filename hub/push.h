/* push.h - content push: POST /publish?hub.topic=T with the content itself. */
#ifndef HUB_PUSH_H
#define HUB_PUSH_H

#include <stdbool.h>

#include "common/http/request.h"

struct hub;

/* The check of the head: who may push to the topic, and how much. */
bool hub_push_check(struct wsub_http_request *req, void *hub);

/* The same for an operator, whom the tokens of publishers do not concern. */
bool hub_push_check_operator(struct wsub_http_request *req, void *hub);

/* Responds 202 with the event's id once the event is stored. */
void hub_push(struct wsub_http_request *req, void *hub);

#endif
