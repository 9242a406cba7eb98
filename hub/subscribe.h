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

/* Subscribes without verification, whatever bounds there are for strangers: 201, or
 * 200 when `was_there` says that it is renewed; 403 where the operator's lists
 * don't let it through. */
void hub_subscribe_as_operator(struct hub *hub, struct wsub_http_request *req,
                               const struct wsub_form *form, bool was_there);

/* Only names what is wrong with the parameters of a subscription. */
void hub_subscribe_check(const struct hub *hub, const struct wsub_form *form,
                         struct hub_errors *errors);

#endif
