#include "hub/pull/messages.h"

#include "hub/pull/admission.h"
#include "hub/pull/body.h"
#include "hub/pull/poll.h"
#include "hub/pull/refusal.h"
#include "hub/pull/shared.h"
#include "hub/pull/slots.h"

#define MESSAGES 100 /* in one response, unless the client says otherwise */
#define MESSAGES_MAX 1000

static bool may_have(struct wsub_http_request *req,
                     const struct hub_pull_topics *topics, void *arg)
{
    return hub_pull_may_have(arg, req, topics, false);
}

void hub_pull_messages(struct hub *hub, struct wsub_http_request *req,
                       const json_t *body)
{
    struct hub_pull_poll_options options = {
        .may_have = may_have, .arg = hub, .max = MESSAGES};

    if (!hub_pull_body_id(req, body, &options.id) ||
        !hub_pull_body_timeout(req, body, &options.timeout_ms) ||
        !hub_pull_body_number(req, body, "max", MESSAGES_MAX, &options.max) ||
        !hub_pull_body_choice(req, body, "format", "string", "object",
                              &options.as_object) ||
        !hub_pull_body_event(req, hub, body, "after", "", &options.has_after,
                             &options.after))
        return;
    if (options.timeout_ms > 0 && !hub_pull_may_wait(hub->pull))
        hub_pull_refuse_limit(req, HUB_LIMIT_WAITING, NULL);
    else
        hub_pull_poll_start(hub->pull, req, &options);
}
