/* cors.h - pages of a browser from elsewhere (cors_origins).
 *
 * Only what the pull API and streams respond is for them. */
#ifndef HUB_CORS_H
#define HUB_CORS_H

#include "hub/hub.h"

struct wsub_http_request;

/* Adds the headers by which the browser lets the page read the coming response,
 * if its origin may. */
void hub_cors_allow(const struct hub *hub, struct wsub_http_request *req);

/* Responds to what a browser asks before it sends such a request, and to any other
 * OPTIONS: 204.  `methods` are what is served at the path. */
void hub_cors_preflight(const struct hub *hub, struct wsub_http_request *req,
                        const char *methods);

#endif
