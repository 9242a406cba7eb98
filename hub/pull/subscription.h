/* subscription.h - POST /api/workflow/subscription: pull subscriptions.
 *
 * docs/PULL.md has its actions.  Every error is {"error": "one sentence"}. */
#ifndef HUB_PULL_SUBSCRIPTION_H
#define HUB_PULL_SUBSCRIPTION_H

#include <stdbool.h>

struct wsub_http_request;

#define HUB_PULL_PATH "/api/workflow/subscription"

/* As many topics as may be, each of the longest, and what JSON makes of them. */
#define HUB_PULL_BODY_MAX_BYTES 262144

/* Of the route. */
bool hub_pull_check(struct wsub_http_request *req, void *hub);
void hub_pull_handle(struct wsub_http_request *req, void *hub);
void hub_pull_options(struct wsub_http_request *req, void *hub);

#endif
