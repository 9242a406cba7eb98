/* publish.h - announcements: hub.mode=publish (WebSub section 6). */
#ifndef HUB_PUBLISH_H
#define HUB_PUBLISH_H

#include "common/http/form.h"
#include "hub/errors.h"
#include "hub/hub.h"

/* Responds 202 once every announced topic is noted for the spreader.  Topics
 * are taken from hub.url and hub.topic, each as often as it is there; one bad
 * topic refuses the whole request. */
void hub_publish(struct hub *hub, struct wsub_http_request *req,
                 const struct wsub_form *form);

/* Only names what is wrong with the topics. */
void hub_publish_check(const struct hub *hub, const struct wsub_form *form,
                       struct hub_errors *errors);

#endif
