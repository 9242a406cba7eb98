/* subscribe.h - subscription requests (WebSub section 5.1). */
#ifndef HUB_SUBSCRIBE_H
#define HUB_SUBSCRIBE_H

#include <stdbool.h>

#include "common/http/form.h"
#include "hub/errors.h"
#include "hub/hub.h"

/* Each responds to `req`: 202 once the request is stored, whatever its
 * verification will bring, or all that is wrong with it. */
void hub_subscribe(struct hub *hub, struct wsub_http_request *req,
                   const struct wsub_form *form);
void hub_unsubscribe(struct hub *hub, struct wsub_http_request *req,
                     const struct wsub_form *form);

#endif
