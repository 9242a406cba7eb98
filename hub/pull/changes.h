/* changes.h - the actions of the pull API that change subscriptions. */
#ifndef HUB_PULL_CHANGES_H
#define HUB_PULL_CHANGES_H

#include <jansson.h>

#include "hub/hub.h"

struct wsub_http_request;

/* Each responds, at once or later; `body` is the request's, borrowed for the
 * call. */
void hub_pull_add(struct hub *hub, struct wsub_http_request *req,
                  const json_t *body);
void hub_pull_update(struct hub *hub, struct wsub_http_request *req,
                     const json_t *body);
void hub_pull_remove(struct hub *hub, struct wsub_http_request *req,
                     const json_t *body);

#endif
