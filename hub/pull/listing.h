/* listing.h - the action `list` of the pull API. */
#ifndef HUB_PULL_LISTING_H
#define HUB_PULL_LISTING_H

#include <jansson.h>

#include "hub/hub.h"

struct wsub_http_request;

/* Responds with a page of ids, those after `cursor`; Link leads to the next page:
 * the same request with that `cursor`, which is taken from the query too. */
void hub_pull_list(struct hub *hub, struct wsub_http_request *req,
                   const json_t *body);

#endif
