/* subscriptions.h - GET /admin/subscriptions: what is subscribed, page by page.
 *
 * The rows are in the order of the shards' indexes, which is that of digests.  A
 * request looks at a bounded number of subscriptions, whatever its filters leave
 * out, so a page may be short, or empty, and have a `next`. */
#ifndef HUB_SUBSCRIPTIONS_H
#define HUB_SUBSCRIPTIONS_H

struct wsub_http_request;

void hub_subscriptions(struct wsub_http_request *req, void *hub);

#endif
