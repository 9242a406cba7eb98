/* verification.h - GET /verification: how the request for a subscription stands, for
 * its subscriber, who knows topic and callback. */
#ifndef HUB_VERIFICATION_H
#define HUB_VERIFICATION_H

struct wsub_http_request;

void hub_verification(struct wsub_http_request *req, void *hub);

#endif
