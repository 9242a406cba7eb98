/* listing.h - a page of what is newest over all shards (common/store/newest.h),
 * as a response of the admin API. */
#ifndef HUB_LISTING_H
#define HUB_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/store/newest.h"
#include "hub/hub.h"
#include "hub/operator.h"

/* What is listed. */
struct hub_listing {
    const char *name; /* of the array in the response */
    size_t item_bytes;
    uint64_t kept_ms; /* older ones are left out; 0: none is */
    void (*list)(struct wsub_store *store, const struct wsub_place *after,
                 size_t limit, wsub_newest_cb *cb, void *arg);
    json_t *(*row)(const void *item); /* a new object */
};

/* Takes the page's filter.  Responds {NAME: [...]}, with `next` when there is more; 503. */
void hub_listing_respond(const struct hub_listing *listing, struct hub *hub,
                         struct wsub_http_request *req,
                         const struct hub_page *page);

#endif
