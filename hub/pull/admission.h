/* admission.h - who may pull which topics, as their groups say (hub/policy.h). */
#ifndef HUB_PULL_ADMISSION_H
#define HUB_PULL_ADMISSION_H

#include <stdbool.h>

#include "hub/hub.h"
#include "hub/pull/topics.h"

struct wsub_http_request;

enum hub_pull_admission {
    HUB_PULL_ADMITTED,
    HUB_PULL_NO_TOKEN, /* for all of the topics */
    HUB_PULL_DELETED,  /* one of them was, with its group */
};

/* Of somebody who shows `authorization` (as a header has it, or NULL). */
enum hub_pull_admission hub_pull_admit(const struct hub *hub,
                                       const struct hub_pull_topics *topics,
                                       const char *authorization);

/* Whether the client of the request may have these topics, and whether they may be
 * subscribed to where `is_new`; else responds 401 or 410. */
bool hub_pull_may_have(const struct hub *hub, struct wsub_http_request *req,
                       const struct hub_pull_topics *topics, bool is_new);

/* 401 of the pull API. */
void hub_pull_refuse_token(struct wsub_http_request *req);

#endif
