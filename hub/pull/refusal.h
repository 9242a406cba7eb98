/* refusal.h - error responses of the pull API: {"error": "one sentence"}. */
#ifndef HUB_PULL_REFUSAL_H
#define HUB_PULL_REFUSAL_H

#include "common/base/err.h"
#include "hub/limits.h"

struct wsub_http_request;

/* Responds (printf format).  The sentence may hold what the client sent as long as
 * that is UTF-8. */
__attribute__((format(printf, 3, 4))) void
hub_pull_refuse(struct wsub_http_request *req, int status, const char *format,
                ...);

/* 404: there is no subscription with that id. */
void hub_pull_refuse_unknown(struct wsub_http_request *req);

/* 503 with Retry-After: Redis is away, or refuses. */
void hub_pull_refuse_unavailable(struct wsub_http_request *req);

/* As hub_limit_refuse(), which `client` is for too. */
void hub_pull_refuse_limit(struct wsub_http_request *req, enum hub_limit limit,
                           const char *client);

#endif
