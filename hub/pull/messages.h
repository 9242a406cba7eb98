/* messages.h - the action `getMessages` of the pull API. */
#ifndef HUB_PULL_MESSAGES_H
#define HUB_PULL_MESSAGES_H

#include <jansson.h>

#include "hub/hub.h"

struct wsub_http_request;

/* Checks the request and starts its poll. */
void hub_pull_messages(struct hub *hub, struct wsub_http_request *req,
                       const json_t *body);

#endif
